import { kindNames, spanJoins, statusNames } from '../query/span-dialect.ts';
import { cut, clampLimit, type Page, pageClause } from './paging.ts';
import { type Database, milliseconds, type Row } from './database.ts';
import { getResources } from './resources.ts';

export interface RequestParameters extends Page {
  readonly sort?: 'time' | 'duration' | undefined;
}

const columns = `s.id, t.trace_id, s.span_id, s.parent_id, s.kind, s.method, s.route, s.path, s.name, s.status_code, s.status,
  s.start_us, s.start_ns, s.duration_ns, s.resource, r.service, t.spans, t.logs, t.exceptions, t.start_us AS trace_start, t.end_us AS trace_end,
  (SELECT count(DISTINCT x.resource) FROM spans x WHERE x.trace = s.trace) AS services`;

/** One request, as lists show it. */
function requestView(row: Row): Record<string, unknown> {
  return {
    id: row['id'],
    traceId: row['trace_id'],
    spanId: row['span_id'],
    root: row['parent_id'] === null,
    service: row['service'],
    resource: row['resource'],
    kind: kindNames[Number(row['kind'])],
    method: row['method'],
    route: row['route'] ?? row['name'],
    path: row['path'],
    name: row['name'],
    statusCode: row['status_code'],
    status: statusNames[Number(row['status'])],
    error: row['status'] === 2,
    start: milliseconds(row['start_us'], row['start_ns'] ?? 0),
    durationMs: Number(row['duration_ns']) / 1e6,
    spans: row['spans'],
    services: row['services'],
    logs: row['logs'],
    exceptions: row['exceptions'],
    traceDurationMs: Math.max(0, (Number(row['trace_end']) - Number(row['trace_start'])) / 1000),
  };
}

/** `GET /api/requests` */
export function listRequests(database: Database, parameters: RequestParameters): unknown {
  const limit = clampLimit(parameters);
  const condition = database.condition(parameters.q, 'spans');
  const page = pageClause(parameters, 's.id');
  const order = parameters.sort === 'duration' ? 's.duration_ns DESC' : page.order;
  const rows = database.all(
    `SELECT ${columns} FROM spans s CROSS JOIN traces t ON t.id = s.trace ${spanJoins()}
     WHERE s.entry = 1 AND ${page.where} AND (${condition.text}) ORDER BY ${order} LIMIT ?`,
    ...page.parameters,
    ...condition.parameters,
    limit + 1,
  );
  const { items, more } = cut(rows, limit);
  return {
    items: items.map(requestView),
    more,
    resources: getResources(
      database,
      items.map((row) => Number(row['resource'])),
    ),
  };
}
