import { spanJoins } from '../query/span-dialect.ts';
import { type Database, milliseconds, type Row } from './database.ts';
import { cut, clampLimit, pageClause } from './paging.ts';
import type { RequestParameters } from './requests.ts';

const columns = 't.id, t.trace_id, t.start_us, t.end_us, t.spans, t.errors, t.logs, t.exceptions, t.root';

function traceView(database: Database, row: Row): Record<string, unknown> {
  const id = Number(row['id']);
  const first = database.get(
    `SELECT s.name, s.method, s.route, s.status_code, s.status, s.start_ns, r.service FROM spans s JOIN resources r ON r.id = s.resource
     WHERE s.id = coalesce(?, (SELECT x.id FROM spans x WHERE x.trace = ? ORDER BY x.start_us LIMIT 1))`,
    row['root'] ?? null,
    id,
  );
  const services = database.all(
    'SELECT DISTINCT r.service FROM resources r WHERE r.id IN (SELECT DISTINCT resource FROM spans WHERE trace = ?) ORDER BY r.service',
    id,
  );
  return {
    id,
    traceId: row['trace_id'],
    name: first?.['name'] ?? '',
    service: first?.['service'] ?? '',
    method: first?.['method'] ?? null,
    route: first?.['route'] ?? null,
    statusCode: first?.['status_code'] ?? null,
    error: Number(row['errors']) > 0,
    start: milliseconds(row['start_us'], first?.['start_ns'] ?? 0),
    durationMs: Math.max(0, (Number(row['end_us']) - Number(row['start_us'])) / 1000),
    spans: row['spans'],
    errors: row['errors'],
    logs: row['logs'],
    exceptions: row['exceptions'],
    services: services.map(({ service }) => service),
  };
}

/** `GET /api/traces` */
export function listTraces(database: Database, parameters: RequestParameters): unknown {
  const limit = clampLimit(parameters);
  const condition = database.condition(parameters.q, 'spans');
  const page = pageClause(parameters, 't.id');
  const order = parameters.sort === 'duration' ? 't.end_us - t.start_us DESC' : page.order;
  const matches =
    condition.text === '1'
      ? '1'
      : `EXISTS (SELECT 1 FROM spans s ${spanJoins()} WHERE s.trace = t.id AND (${condition.text}))`;
  const rows = database.all(
    `SELECT ${columns} FROM traces t WHERE t.spans > 0 AND ${page.where} AND ${matches} ORDER BY ${order} LIMIT ?`,
    ...page.parameters,
    ...condition.parameters,
    limit + 1,
  );
  const { items, more } = cut(rows, limit);
  return { items: items.map((row) => traceView(database, row)), more };
}
