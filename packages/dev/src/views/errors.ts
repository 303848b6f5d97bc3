import { culprit, parseStack } from '../exceptions/stack.ts';
import { type Database, milliseconds, parseJson, type Row, ViewError } from './database.ts';
import { exceptionColumns, exceptionView } from './exception-view.ts';
import { clampLimit, type Page } from './paging.ts';
import { getResources } from './resources.ts';

export interface ErrorParameters extends Page {
  readonly sort?: 'last' | 'count' | undefined;
}

const sparklineBuckets = 30;
const sparklineMs = { least: 60_000, most: 3_600_000 };

interface Range {
  readonly since: number;
  readonly now: number;
}

/** The time of the sparklines: from the first exception of the session, at most an hour ago, until now. */
function sparklineRange(database: Database): Range {
  const now = Date.now();
  const first = Number(database.get('SELECT min(time_us) AS first FROM exceptions')?.['first'] ?? 0) / 1000;
  return { since: Math.min(now - sparklineMs.least, Math.max(now - sparklineMs.most, first)), now };
}

/** `GET /api/errors` */
export function listErrors(database: Database, parameters: ErrorParameters): unknown {
  const limit = clampLimit(parameters);
  const condition = database.condition(parameters.q, 'exceptions');
  const order = parameters.sort === 'count' ? 'count DESC, last_id DESC' : 'last_id DESC';
  const rows = database.all(
    `SELECT e.fingerprint, count(*) AS count, count(DISTINCT e.trace) AS traces, min(e.time_us) AS first_us, max(e.time_us) AS last_us,
     max(e.id) AS last_id, min(e.handled) AS handled FROM exceptions e JOIN resources r ON r.id = e.resource
     WHERE ${condition.text} GROUP BY e.fingerprint ORDER BY ${order} LIMIT ?`,
    ...condition.parameters,
    limit + 1,
  );
  const range = sparklineRange(database);
  const items = rows.slice(0, limit).map((row) => groupView(database, row, range));
  return { items, more: rows.length > limit };
}

function groupView(database: Database, row: Row, { since, now }: Range): Record<string, unknown> {
  const fingerprint = row['fingerprint'] ?? '';
  const last = database.get(
    'SELECT e.*, t.trace_id FROM exceptions e LEFT JOIN traces t ON t.id = e.trace WHERE e.id = ?',
    row['last_id'] ?? null,
  );
  const place = culprit(parseStack(typeof last?.['stack'] === 'string' ? last['stack'] : null).frames);
  const services = database.all(
    'SELECT DISTINCT r.service FROM exceptions e JOIN resources r ON r.id = e.resource WHERE e.fingerprint = ?',
    fingerprint,
  );
  const routes = database.all(
    `SELECT DISTINCT s.route FROM (SELECT trace FROM exceptions WHERE fingerprint = ? AND trace IS NOT NULL ORDER BY id DESC LIMIT 100) e
     JOIN spans s ON s.trace = e.trace WHERE s.route IS NOT NULL LIMIT 20`,
    fingerprint,
  );
  const counts = database.all(
    'SELECT CAST((time_us / 1000.0 - ?) / ? AS INTEGER) AS bucket, count(*) AS count FROM exceptions WHERE fingerprint = ? AND time_us >= ? GROUP BY 1',
    since,
    (now - since) / sparklineBuckets,
    fingerprint,
    since * 1000,
  );
  const sparkline = Array.from({ length: sparklineBuckets }, () => 0);
  for (const { bucket, count } of counts) {
    const index = Math.min(sparklineBuckets - 1, Number(bucket));
    sparkline[index] = (sparkline[index] ?? 0) + Number(count);
  }
  return {
    fingerprint,
    type: last?.['type'] ?? '',
    message: last?.['message'] ?? '',
    count: row['count'],
    traces: row['traces'],
    firstSeen: milliseconds(row['first_us']),
    lastSeen: milliseconds(row['last_us']),
    services: services.map(({ service }) => service),
    routes: routes.map(({ route }) => route),
    culprit:
      place === undefined
        ? null
        : { function: place.function, file: place.file, line: place.line, column: place.column },
    lastTraceId: last?.['trace_id'] ?? null,
    lastSpanId: last?.['span_id'] ?? null,
    sparkline,
    handled: row['handled'] === 1,
  };
}

/** `GET /api/errors/:fingerprint` */
export function getError(
  database: Database,
  parameters: { readonly fingerprint: string; readonly limit?: number | undefined },
): unknown {
  const { fingerprint } = parameters;
  const limit = clampLimit({ limit: parameters.limit ?? 20 });
  const group = database.get(
    `SELECT fingerprint, count(*) AS count, count(DISTINCT trace) AS traces, min(time_us) AS first_us, max(time_us) AS last_us,
     max(id) AS last_id, min(handled) AS handled FROM exceptions WHERE fingerprint = ? GROUP BY fingerprint`,
    fingerprint,
  );
  if (group === undefined)
    throw new ViewError(404, `no error has the fingerprint ${JSON.stringify(fingerprint.slice(0, 64))}`);
  const rows = database.all(
    `SELECT ${exceptionColumns}, t.trace_id, (SELECT s.route FROM spans s WHERE s.trace = e.trace AND s.route IS NOT NULL LIMIT 1) AS route
     FROM exceptions e JOIN resources r ON r.id = e.resource LEFT JOIN traces t ON t.id = e.trace WHERE e.fingerprint = ? ORDER BY e.id DESC LIMIT ?`,
    fingerprint,
    limit,
  );
  const [newest] = rows;
  return {
    ...groupView(database, group, sparklineRange(database)),
    occurrences: rows.map((row) => ({
      id: row['id'],
      time: milliseconds(row['time_us']),
      traceId: row['trace_id'],
      spanId: row['span_id'],
      logId: row['log'],
      service: row['service'],
      resource: row['resource'],
      route: row['route'],
      message: row['message'],
      attributes: parseJson(row['attributes'], {}),
    })),
    exception: newest === undefined ? null : exceptionView(newest),
    resources: getResources(
      database,
      rows.map((row) => Number(row['resource'])),
    ),
  };
}

/** Whether a file occurs in a stored stack trace: no other one is shown. */
export function isInStack(database: Database, { file }: { readonly file: string }): boolean {
  return database.get('SELECT 1 FROM exceptions WHERE instr(stack, ?) > 0 LIMIT 1', file) !== undefined;
}
