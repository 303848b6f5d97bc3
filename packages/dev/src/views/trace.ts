import { categories, kindNames, statusNames } from '../query/span-dialect.ts';
import { curlCommand } from './curl.ts';
import { type Database, milliseconds, type Row, ViewError } from './database.ts';
import { exceptionColumns, exceptionView } from './exception-view.ts';
import { logColumns, logTables, logView } from './log-view.ts';
import { getResources } from './resources.ts';
import { getRuntime } from './trace-runtime.ts';
import { criticalPath, findFolds, findGaps, selfMs } from './trace-times.ts';
import { arrange, nodeEnd, nodeStart, type TreeInput, type TreeNode } from './trace-tree.ts';

export interface TraceParameters {
  readonly traceId: string;
  readonly limit?: number | undefined;
  readonly logLimit?: number | undefined;
}

/** The maximum number of spans that are shown of a trace. */
const maxSpans = 50_000;

const spanColumns = `s.id, s.span_id, s.parent_id, s.name, s.kind, s.start_us, s.start_ns, s.duration_ns, s.status, s.message, s.resource, s.category,
  s.target, s.method, s.path, s.entry, c.name AS scope, r.service, coalesce(json_array_length(s.events), 0) AS events,
  coalesce(json_array_length(s.links), 0) AS links,
  CASE s.category WHEN 'db' THEN s.attributes ->> 'db.query.summary' END AS summary`;

/** A span with its position in the tree of its trace. */
export type TraceNode = TreeNode & { readonly name: string; readonly kind: number; readonly row: Row };

export interface TraceTree {
  readonly trace: Row;
  readonly nodes: readonly TraceNode[];
  readonly root: TraceNode | undefined;
  readonly start: number;
  readonly end: number;
  readonly more: boolean;
}

/** Finds the row of a trace. @throws {ViewError} 404 */
export function findTrace(database: Database, traceId: string): Row {
  const row = database.get('SELECT * FROM traces WHERE trace_id = ?', traceId.toLowerCase());
  if (row === undefined) {
    throw new ViewError(
      404,
      `no trace has the id ${JSON.stringify(traceId.slice(0, 64))}: it was not received, or it was removed`,
    );
  }
  return row;
}

/** Reads the spans of a trace, in the order of the waterfall. */
export function arrangeTrace(database: Database, traceId: string, limit: number = maxSpans): TraceTree {
  const trace = findTrace(database, traceId);
  const rows = database.all(
    `SELECT ${spanColumns} FROM spans s JOIN resources r ON r.id = s.resource JOIN scopes c ON c.id = s.scope
     WHERE s.trace = ? ORDER BY s.id LIMIT ?`,
    trace['id'] ?? null,
    limit + 1,
  );
  const inputs = rows.slice(0, limit).map((row): TreeInput & Pick<TraceNode, 'name' | 'kind' | 'row'> => ({
    id: Number(row['id']),
    spanId: String(row['span_id']),
    parentId: row['parent_id'] === null ? null : String(row['parent_id']),
    resource: Number(row['resource']),
    start: milliseconds(row['start_us'], row['start_ns'] ?? 0),
    durationMs: Number(row['duration_ns']) / 1e6,
    name: String(row['name']),
    kind: Number(row['kind']),
    row,
  }));
  const nodes = arrange(inputs);
  const root = nodes.find(({ parentId }) => parentId === null) ?? nodes[0];
  const start = nodes.reduce((least, node) => Math.min(least, nodeStart(node)), Number.POSITIVE_INFINITY);
  const end = nodes.reduce((most, node) => Math.max(most, nodeEnd(node)), 0);
  return { trace, nodes, root, start: nodes.length === 0 ? 0 : start, end, more: rows.length > limit };
}

function label(row: Row): string {
  if (row['category'] === 'db' && row['summary'] !== null) return String(row['summary']);
  const isServer = row['kind'] === 2;
  if (isServer && row['method'] !== null && row['path'] !== null) return `${row['method']} ${row['path']}`;
  return String(row['name']);
}

function spanView(
  node: TraceNode,
  traceStart: number,
  critical: ReadonlySet<string>,
  fold: number | undefined,
): unknown {
  const { row } = node;
  return {
    id: node.id,
    spanId: node.spanId,
    parentSpanId: node.parentId,
    parentMissing: node.parentId !== null && node.parent === undefined && !node.isCycle,
    depth: node.depth,
    name: node.name,
    kind: kindNames[node.kind],
    service: row['service'],
    resource: node.resource,
    scope: row['scope'],
    category: categories.find((name) => name === row['category']) ?? 'internal',
    target: row['target'],
    start: node.start,
    durationMs: node.durationMs,
    offsetMs: nodeStart(node) - traceStart,
    selfMs: selfMs(node),
    status: statusNames[Number(row['status'])],
    statusMessage: row['message'],
    error: row['status'] === 2,
    critical: critical.has(node.spanId),
    label: label(row),
    events: row['events'],
    links: row['links'],
    fold: fold ?? null,
    duplicate: node.isDuplicate,
    cycle: node.isCycle,
    skewMs: node.skewMs,
  };
}

/** `GET /api/traces/:traceId` */
export function getTrace(
  database: Database,
  { traceId, limit = maxSpans, logLimit = 5000 }: TraceParameters,
): unknown {
  const { trace, nodes, root, start, end, more } = arrangeTrace(database, traceId, Math.min(limit, maxSpans));
  const id = trace['id'] ?? null;
  const path = root === undefined ? [] : criticalPath(root);
  const critical = new Set(path.map(({ spanId }) => spanId));
  const { folds, foldByNode } = findFolds(nodes);
  const logs = database
    .all(
      `SELECT ${logColumns} FROM ${logTables} WHERE l.trace = ? ORDER BY l.time_us, l.id LIMIT ?`,
      id,
      Math.min(logLimit, 50_000),
    )
    .map(logView);
  const exceptions = database
    .all(
      `SELECT ${exceptionColumns} FROM exceptions e JOIN resources r ON r.id = e.resource WHERE e.trace = ? ORDER BY e.time_us LIMIT 1000`,
      id,
    )
    .map(exceptionView);
  const resources = [...new Set([...nodes, ...logs].map(({ resource }) => resource))];
  const spanResources = [...new Set(nodes.map(({ resource }) => resource))];
  const isComplete = !more && nodes.every((node) => node.parent !== undefined || node.parentId === null);
  return {
    traceId: trace['trace_id'],
    name: root?.name ?? '',
    start,
    end,
    durationMs: Math.max(0, end - start),
    error: Number(trace['errors']) > 0,
    complete: isComplete && nodes.length > 0,
    more,
    services: [...new Set(nodes.map(({ row }) => row['service']))],
    spans: nodes.map((node) => spanView(node, start, critical, foldByNode.get(node.id))),
    folds,
    gaps: findGaps(nodes, end - start),
    criticalPath: path,
    logs,
    exceptions,
    runtime: getRuntime(database, spanResources.slice(0, 20), start * 1000, end * 1000),
    open: [],
    resources: getResources(database, resources),
    curl: root === undefined ? null : curlCommand(database, root.id),
  };
}
