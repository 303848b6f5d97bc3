import { severityLevel } from '../query/log-dialect.ts';
import { type Database, type Row, ViewError } from './database.ts';
import { logColumns, logTables, logView } from './log-view.ts';
import { cut, clampLimit, type Page, pageClause } from './paging.ts';
import { getResources } from './resources.ts';
import { type Window, toTimeWindow } from './window.ts';

/** `GET /api/logs` */
export function listLogs(database: Database, parameters: Page): unknown {
  const limit = clampLimit(parameters);
  const condition = database.condition(parameters.q, 'logs');
  const page = pageClause(parameters, 'l.id');
  const rows = database.all(
    `SELECT ${logColumns} FROM ${logTables} WHERE ${page.where} AND (${condition.text}) ORDER BY ${page.order} LIMIT ?`,
    ...page.parameters,
    ...condition.parameters,
    limit + 1,
  );
  const { items, more } = cut(rows.map(logView), limit);
  return {
    items,
    more,
    resources: getResources(
      database,
      items.map(({ resource }) => resource),
    ),
  };
}

export interface ContextParameters {
  readonly id: number;
  readonly lines?: number | undefined;
  readonly scope?: 'instance' | 'service' | 'trace' | 'all' | undefined;
}

/** `GET /api/logs/:id/context` */
export function logContext(
  database: Database,
  { id, lines = 20, scope = 'instance' }: ContextParameters,
): unknown {
  const row = database.get(`SELECT ${logColumns}, l.trace FROM ${logTables} WHERE l.id = ?`, id);
  if (row === undefined) throw new ViewError(404, `no log record has the id ${id}`);
  const limit = Math.min(Math.max(1, Math.floor(lines)), 500);
  const [where, parameter] = nearby(row, scope);
  // By time, as the list shows them: each sender exports in batches of its own, so that ids are in another order.
  const some = (comparison: string, order: string): Row[] =>
    database.all(
      `SELECT ${logColumns} FROM ${logTables} WHERE (l.time_us, l.id) ${comparison} (?, ?) AND ${where}
       ORDER BY l.time_us ${order}, l.id ${order} LIMIT ?`,
      row['time_us'] ?? 0,
      id,
      parameter,
      limit,
    );
  const before = some('<', 'DESC').toReversed().map(logView);
  const after = some('>', 'ASC').map(logView);
  const item = logView(row);
  const ids = [...before, item, ...after].map(({ resource }) => resource);
  return { before, item, after, resources: getResources(database, ids) };
}

/** Records of the same origin. Without the index of the resource: the one of the time is in the order that is read. */
function nearby(
  row: Row,
  scope: ContextParameters['scope'],
): [where: string, parameter: string | number | null] {
  if (scope === 'service') return ['r.service = ?', row['service'] ?? ''];
  if (scope === 'trace') return ['l.trace = ?', row['trace'] ?? null];
  if (scope === 'all') return ['? IS NULL', null];
  return ['+l.resource = ?', row['resource'] ?? 0];
}

const facetRows = 20_000;
const facetValues = 50;

/** `GET /api/logs/facets` */
export function logFacets(database: Database, { q }: { readonly q?: string | undefined }): unknown {
  const condition = database.condition(q, 'logs');
  const rows = database.all(
    `SELECT l.severity, c.name AS logger, r.service, l.event FROM ${logTables} WHERE ${condition.text} ORDER BY l.id DESC LIMIT ${facetRows}`,
    ...condition.parameters,
  );
  const count = (valueOf: (row: Row) => unknown): { value: unknown; count: number }[] => {
    const counts = new Map<unknown, number>();
    for (const row of rows) {
      const value = valueOf(row);
      if (value !== null && value !== '') counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    const facets = [...counts].map(([value, number]) => ({ value, count: number }));
    return facets.toSorted((a, b) => b.count - a.count).slice(0, facetValues);
  };
  return {
    levels: count((row) => severityLevel(Number(row['severity']))),
    loggers: count((row) => row['logger']),
    services: count((row) => row['service']),
    events: count((row) => row['event']),
  };
}

const histogramBuckets = 60;

/** `GET /api/logs/histogram` */
export function logHistogram(
  database: Database,
  { q, window }: { readonly q?: string | undefined; readonly window?: Window | undefined },
): unknown {
  const condition = database.condition(q, 'logs');
  const { from, to, windowMs } = toTimeWindow(database, window, 900_000);
  const bucketMs = windowMs / histogramBuckets;
  const rows = database.all(
    `SELECT CAST((l.time_us / 1000.0 - ?) / ? AS INTEGER) AS bucket, l.severity, count(*) AS count FROM ${logTables}
     WHERE l.time_us >= ? AND (${condition.text}) GROUP BY 1, 2`,
    from,
    bucketMs,
    Math.floor(from * 1000),
    ...condition.parameters,
  );
  const buckets = Array.from({ length: histogramBuckets }, (_, index) => ({
    time: from + index * bucketMs,
    counts: {} as Record<string, number>,
  }));
  for (const row of rows) {
    const bucket = buckets[Math.min(histogramBuckets - 1, Number(row['bucket']))];
    const level = severityLevel(Number(row['severity'])) ?? 'none';
    if (bucket !== undefined) bucket.counts[level] = (bucket.counts[level] ?? 0) + Number(row['count']);
  }
  return { from, to, bucketMs, buckets };
}
