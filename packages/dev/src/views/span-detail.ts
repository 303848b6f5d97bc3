import { kindNames, statusNames } from '../query/span-dialect.ts';
import { type Database, milliseconds, parseJson, type Row, ViewError } from './database.ts';
import { exceptionColumns, exceptionView } from './exception-view.ts';
import { logColumns, logTables, logView } from './log-view.ts';
import { resourceView } from './resources.ts';
import { findTrace } from './trace.ts';

interface StoredEvent {
  readonly us: number;
  readonly ns: number;
  readonly name: string;
  readonly attributes: object;
  readonly dropped: number;
}

interface StoredLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: object;
}

interface SpanExtra {
  readonly flags?: number;
  readonly traceState?: string;
  readonly dropped?: number;
  readonly droppedEvents?: number;
  readonly droppedLinks?: number;
}

/** Nanoseconds since 1970 in decimal digits. */
export function unixNano(us: number, ns: number): string {
  return String(BigInt(us) * 1000n + BigInt(ns));
}

function getSchemaUrl(row: Row): string | null {
  return parseJson<{ schemaUrl?: string }>(row['extra'], {}).schemaUrl ?? null;
}

/** `GET /api/traces/:traceId/spans/:spanId` */
export function getSpan(
  database: Database,
  { traceId, spanId }: { readonly traceId: string; readonly spanId: string },
): unknown {
  const trace = findTrace(database, traceId);
  const row = database.get(
    'SELECT * FROM spans WHERE trace = ? AND span_id = ?',
    trace['id'] ?? null,
    spanId.toLowerCase(),
  );
  if (row === undefined)
    throw new ViewError(404, `the trace has no span ${JSON.stringify(spanId.slice(0, 32))}`);
  const extra = parseJson<SpanExtra>(row['extra'], {});
  const startUs = Number(row['start_us']);
  const startNs = Number(row['start_ns']);
  const start = milliseconds(startUs, startNs);
  const scope = database.get('SELECT * FROM scopes WHERE id = ?', row['scope'] ?? null) ?? {};
  const resource = database.get('SELECT * FROM resources WHERE id = ?', row['resource'] ?? null) ?? {};
  const isKnown = (id: string): boolean =>
    database.get('SELECT 1 FROM traces WHERE trace_id = ?', id) !== undefined;
  return {
    span: {
      id: row['id'],
      spanId: row['span_id'],
      parentSpanId: row['parent_id'],
      name: row['name'],
      kind: kindNames[Number(row['kind'])],
      start,
      durationMs: Number(row['duration_ns']) / 1e6,
      startUnixNano: unixNano(startUs, startNs),
      endUnixNano: String(BigInt(unixNano(startUs, startNs)) + BigInt(Number(row['duration_ns']))),
      status: statusNames[Number(row['status'])],
      statusMessage: row['message'],
      traceState: extra.traceState ?? null,
      flags: extra.flags ?? 0,
      attributes: parseJson(row['attributes'], {}),
      droppedAttributes: extra.dropped ?? 0,
      droppedEvents: extra.droppedEvents ?? 0,
      droppedLinks: extra.droppedLinks ?? 0,
      events: parseJson<StoredEvent[]>(row['events'], []).map(({ us, ns, name, attributes, dropped }) => {
        const time = milliseconds(us, ns);
        return { time, offsetMs: time - start, name, attributes, droppedAttributes: dropped };
      }),
      links: parseJson<StoredLink[]>(row['links'], []).map(({ traceId: to, spanId: span, attributes }) => {
        return { traceId: to, spanId: span, attributes, known: isKnown(to) };
      }),
      scope: {
        name: scope['name'],
        version: scope['version'],
        attributes: parseJson(scope['attributes'], {}),
        schemaUrl: getSchemaUrl(scope),
      },
    },
    resource: { ...resourceView(resource), schemaUrl: getSchemaUrl(resource) },
    logs: database
      .all(
        `SELECT ${logColumns} FROM ${logTables} WHERE l.trace = ? AND l.span_id = ? ORDER BY l.time_us LIMIT 1000`,
        trace['id'] ?? null,
        row['span_id'] ?? null,
      )
      .map(logView),
    exceptions: database
      .all(
        `SELECT ${exceptionColumns} FROM exceptions e JOIN resources r ON r.id = e.resource WHERE e.trace = ? AND e.span_id = ?`,
        trace['id'] ?? null,
        row['span_id'] ?? null,
      )
      .map(exceptionView),
    links: database.all(
      `SELECT t.trace_id AS traceId, s.span_id AS spanId, s.name, 'from' AS direction FROM links k JOIN spans s ON s.id = k.span
         JOIN traces t ON t.id = s.trace WHERE k.to_trace_id = ? AND k.to_span_id = ? LIMIT 100`,
      traceId.toLowerCase(),
      spanId.toLowerCase(),
    ),
  };
}
