import { kindNames, spanJoins } from '../query/span-dialect.ts';
import type { Database, Row } from './database.ts';
import { percentile, sorted } from './percentile.ts';
import { type Window, windowOf } from './window.ts';

export interface RouteParameters {
  readonly q?: string | undefined;
  readonly service?: string | undefined;
  readonly window?: Window | undefined;
}

const buckets = 30;

/** What is gathered of one route. */
class RouteGroup {
  readonly durations: number[] = [];
  errors = 0;
  lastSeen = 0;
  readonly counts: number[] = Array.from({ length: buckets }, () => 0);
  readonly errorCounts: number[] = Array.from({ length: buckets }, () => 0);
  readonly bucketDurations: number[][] = Array.from({ length: buckets }, () => []);

  add(durationMs: number, isError: boolean, startMs: number, bucket: number): void {
    this.durations.push(durationMs);
    if (isError) this.errors += 1;
    this.lastSeen = Math.max(this.lastSeen, startMs);
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    if (isError) this.errorCounts[bucket] = (this.errorCounts[bucket] ?? 0) + 1;
    this.bucketDurations[bucket]?.push(durationMs);
  }
}

function quote(value: string): string {
  return /^[\w./:-]+$/.test(value) ? value : `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/** The figures that a route and the total have. */
export function figures(
  durations: readonly number[],
  errors: number,
  windowMs: number,
): Record<string, number | null> {
  const inOrder = sorted(durations);
  return {
    count: durations.length,
    rate: durations.length / (windowMs / 1000),
    errors,
    errorRatio: durations.length === 0 ? 0 : errors / durations.length,
    p50Ms: percentile(inOrder, 0.5),
    p95Ms: percentile(inOrder, 0.95),
    p99Ms: percentile(inOrder, 0.99),
    maxMs: inOrder.at(-1) ?? null,
  };
}

/** `GET /api/routes` */
export function listRoutes(database: Database, parameters: RouteParameters): unknown {
  const condition = database.condition(parameters.q, 'spans');
  const { from, to, windowMs } = windowOf(database, parameters.window, 300_000);
  const bucketMs = windowMs / buckets;
  const rows = database.all(
    `SELECT s.route, s.name, s.method, s.kind, s.status, s.start_us, s.duration_ns, r.service FROM spans s ${spanJoins()}
     WHERE s.entry = 1 AND s.start_us >= ? AND (? IS NULL OR r.service = ?) AND (${condition.text}) ORDER BY s.id DESC LIMIT 200000`,
    Math.floor(from * 1000),
    parameters.service ?? null,
    parameters.service ?? null,
    ...condition.parameters,
  );
  const groups = new Map<string, { first: Row; group: RouteGroup }>();
  const durations: number[] = [];
  let errors = 0;
  for (const row of rows) {
    const route = String(row['route'] ?? row['name']);
    const key = [row['service'], row['method'] ?? '', route].join('\0');
    let known = groups.get(key);
    if (known === undefined) groups.set(key, (known = { first: row, group: new RouteGroup() }));
    const startMs = Number(row['start_us']) / 1000;
    const isError = row['status'] === 2;
    const bucket = Math.min(buckets - 1, Math.max(0, Math.floor((startMs - from) / bucketMs)));
    known.group.add(Number(row['duration_ns']) / 1e6, isError, startMs, bucket);
    durations.push(Number(row['duration_ns']) / 1e6);
    if (isError) errors += 1;
  }
  const items = [...groups].map(([key, { first, group }]) => routeView(key, first, group, windowMs));
  items.sort((a, b) => b.count - a.count);
  return {
    windowMs,
    from,
    to,
    bucketMs,
    items: items.slice(0, 1000),
    total: figures(durations, errors, windowMs),
  };
}

function routeView(
  key: string,
  row: Row,
  group: RouteGroup,
  windowMs: number,
): { count: number } & Record<string, unknown> {
  const service = String(row['service']);
  const route = String(row['route'] ?? row['name']);
  const field = row['route'] === null ? 'name' : 'route';
  const method = row['method'] === null ? '' : ` method=${quote(String(row['method']))}`;
  return {
    key,
    service,
    method: row['method'],
    route,
    kind: kindNames[Number(row['kind'])],
    ...figures(group.durations, group.errors, windowMs),
    count: group.durations.length,
    open: 0,
    lastSeen: group.lastSeen,
    sparkline: {
      counts: group.counts,
      errors: group.errorCounts,
      p95Ms: group.bucketDurations.map((durations) => percentile(sorted(durations), 0.95)),
    },
    query: `service=${quote(service)}${method} ${field}=${quote(route)}`,
  };
}
