import { toKeyValues } from '../otlp/encode-json.ts';
import type { Signal } from '../otlp/model.ts';
import type { OtlpValue, PlainValue } from '../otlp/value.ts';
import { type Database, parseJson, type Row } from './database.ts';
import { logItem, pointItem, spanItem } from './otlp-items.ts';
import { findTrace } from './trace.ts';

interface Origin {
  readonly exact?: Readonly<Record<string, OtlpValue>>;
  readonly schemaUrl?: string;
  readonly dropped?: number;
}

function getAttributes(row: Row | undefined, { exact }: Origin): unknown {
  return toKeyValues(parseJson<Record<string, PlainValue>>(row?.['attributes'], {}), exact);
}

/** Groups items by resource and scope, as OTLP nests them. */
function nest(
  database: Database,
  rows: readonly Row[],
  signal: 'Spans' | 'Logs' | 'Metrics',
  itemsKey: string,
  toItems: (rows: readonly Row[]) => readonly object[],
): object[] {
  const byResource = Map.groupBy(rows, (row) => Number(row['resource']));
  return [...byResource].map(([resourceId, ofResource]) => {
    const resource = database.get('SELECT * FROM resources WHERE id = ?', resourceId);
    const origin = parseJson<Origin>(resource?.['extra'], {});
    const byScope = Map.groupBy(ofResource, (row) => Number(row['scope']));
    return {
      resource: { attributes: getAttributes(resource, origin), droppedAttributesCount: origin.dropped },
      [`scope${signal}`]: [...byScope].map(([scopeId, ofScope]) => {
        const scope = database.get('SELECT * FROM scopes WHERE id = ?', scopeId);
        const scopeOrigin = parseJson<Origin>(scope?.['extra'], {});
        return {
          scope: {
            name: scope?.['name'],
            version: scope?.['version'] || undefined,
            attributes: getAttributes(scope, scopeOrigin),
          },
          [itemsKey]: toItems(ofScope),
          schemaUrl: scopeOrigin.schemaUrl,
        };
      }),
      schemaUrl: origin.schemaUrl,
    };
  });
}

function nestSpans(database: Database, rows: readonly Row[]): object[] {
  return nest(database, rows, 'Spans', 'spans', (some) => some.map(spanItem));
}

function nestLogs(database: Database, rows: readonly Row[]): object[] {
  return nest(database, rows, 'Logs', 'logRecords', (some) => some.map(logItem));
}

/** `GET /api/traces/:traceId/otlp` */
export function exportTrace(database: Database, { traceId }: { readonly traceId: string }): unknown {
  const trace = findTrace(database, traceId)['id'] ?? null;
  const spans = database.all(
    'SELECT s.*, t.trace_id FROM spans s JOIN traces t ON t.id = s.trace WHERE s.trace = ? ORDER BY s.id',
    trace,
  );
  const logs = database.all(
    'SELECT l.*, t.trace_id FROM logs l JOIN traces t ON t.id = l.trace WHERE l.trace = ? ORDER BY l.id',
    trace,
  );
  return { resourceSpans: nestSpans(database, spans), resourceLogs: nestLogs(database, logs) };
}

export interface ExportParameters {
  readonly signal: Signal;
  /** Where the last part ended. */
  readonly after: number;
}

const itemsAtOnce = 500;

/** A part of `GET /api/export`: one line of OTLP JSON, and where the next part begins; null at the end. */
export function exportPart(
  database: Database,
  { signal, after }: ExportParameters,
): { readonly line: unknown; readonly next: number } | null {
  if (signal === 'metrics') return exportInstrument(database, after);
  const table = signal === 'traces' ? 'spans' : 'logs';
  const rows = database.all(
    `SELECT x.*, t.trace_id FROM ${table} x LEFT JOIN traces t ON t.id = x.trace WHERE x.id > ? ORDER BY x.id LIMIT ${itemsAtOnce}`,
    after,
  );
  const last = rows.at(-1);
  if (last === undefined) return null;
  const line =
    signal === 'traces'
      ? { resourceSpans: nestSpans(database, rows) }
      : { resourceLogs: nestLogs(database, rows) };
  return { line, next: Number(last['id']) };
}

/** One series a line: its instrument stands around its points. */
function exportInstrument(
  database: Database,
  after: number,
): { readonly line: unknown; readonly next: number } | null {
  const series = database.get(
    `SELECT x.id, x.resource, x.attributes, x.extra, i.scope, i.name, i.unit, i.description, i.type, i.temporality, i.monotonic FROM series x
     JOIN instruments i ON i.id = x.instrument WHERE x.id > ? ORDER BY x.id LIMIT 1`,
    after,
  );
  if (series === undefined) return null;
  const type = String(series['type']);
  const points = database.all('SELECT * FROM points WHERE series = ? ORDER BY time_us', series['id'] ?? null);
  const exemplars = Map.groupBy(
    database.all('SELECT * FROM exemplars WHERE series = ? ORDER BY time_us', series['id'] ?? null),
    // An exemplar belongs to the first point that comes after it.
    ({ time_us: time }) => points.find((point) => Number(point['time_us']) >= Number(time))?.['time_us'],
  );
  const { attributes = null, extra = null } = series;
  const dataPoints = points.map((point) =>
    pointItem({ ...point, attributes, extra }, type, exemplars.get(point['time_us']) ?? []),
  );
  const hasTemporality = type !== 'gauge' && type !== 'summary';
  const data = {
    dataPoints,
    aggregationTemporality: hasTemporality ? series['temporality'] : undefined,
    isMonotonic: type === 'sum' ? series['monotonic'] === 1 : undefined,
  };
  const { name, unit, description } = series;
  const metrics = [{ name, unit, description, [type]: data }];
  const line = { resourceMetrics: nest(database, [series], 'Metrics', 'metrics', () => metrics) };
  return { line, next: Number(series['id']) };
}
