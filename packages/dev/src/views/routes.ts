import { kindNames, spanJoins } from '../query/span-dialect.ts';
import type { Database, Row } from './database.ts';
import { percentile, sorted } from './percentile.ts';
import { type Window, toTimeWindow } from './window.ts';

export interface RouteParameters {
  readonly q?: string | undefined;
  readonly service?: string | undefined;
  readonly window?: Window | undefined;
}

const buckets = 30;

/** Counts are of all requests; percentiles of the newest ones. */
const maxDurations = 20_000;

/** Aggregates of one route. */
class RouteGroup {
  readonly first: Row;
  readonly durations: number[] = [];
  count = 0;
  errors = 0;
  lastSeen = 0;
  maxMs = 0;
  readonly counts: number[] = Array.from({ length: buckets }, () => 0);
  readonly errorCounts: number[] = Array.from({ length: buckets }, () => 0);
  readonly bucketDurations: number[][] = Array.from({ length: buckets }, () => []);

  constructor(first: Row) {
    this.first = first;
  }

  /** Adds the counts of one bucket. */
  add(row: Row): void {
    const bucket = bucketIndex(row);
    const count = Number(row['count']);
    const errors = Number(row['errors']);
    this.count += count;
    this.errors += errors;
    this.lastSeen = Math.max(this.lastSeen, Number(row['last_us']) / 1000);
    this.maxMs = Math.max(this.maxMs, Number(row['max_ns']) / 1e6);
    this.counts[bucket] = (this.counts[bucket] ?? 0) + count;
    this.errorCounts[bucket] = (this.errorCounts[bucket] ?? 0) + errors;
  }

  addDuration(row: Row): void {
    const durationMs = Number(row['duration_ns']) / 1e6;
    this.durations.push(durationMs);
    this.bucketDurations[bucketIndex(row)]?.push(durationMs);
  }
}

function bucketIndex(row: Row): number {
  return Math.min(buckets - 1, Math.max(0, Number(row['bucket'])));
}

function groupKey(row: Row): string {
  return [row['service'], row['method'] ?? '', row['label']].join('\0');
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
  const { from, to, windowMs } = toTimeWindow(database, parameters.window, 300_000);
  const bucketMs = windowMs / buckets;
  const columns = `r.service, s.method, coalesce(s.route, s.name) AS label, CAST((s.start_us / 1000.0 - ?) / ? AS INTEGER) AS bucket`;
  const rows = `FROM spans s INDEXED BY requests_start ${spanJoins()} WHERE s.entry = 1 AND s.start_us >= ? AND (? IS NULL OR r.service = ?) AND (${condition.text})`;
  const service = parameters.service ?? null;
  const values = [from, bucketMs, Math.floor(from * 1000), service, service, ...condition.parameters];
  const counts = database.all(
    `SELECT ${columns}, s.route IS NULL AS by_name, s.kind, count(*) AS count, sum(s.status = 2) AS errors, max(s.start_us) AS last_us,
     max(s.duration_ns) AS max_ns ${rows} GROUP BY 1, 2, 3, 4 LIMIT 100000`,
    ...values,
  );
  const groups = new Map<string, RouteGroup>();
  for (const row of counts) {
    const key = groupKey(row);
    let group = groups.get(key);
    if (group === undefined) groups.set(key, (group = new RouteGroup(row)));
    group.add(row);
  }
  const newest = database.all(
    `SELECT ${columns}, s.duration_ns ${rows} ORDER BY s.start_us DESC LIMIT ${maxDurations}`,
    ...values,
  );
  for (const row of newest) groups.get(groupKey(row))?.addDuration(row);
  const all = [...groups].toSorted(([, a], [, b]) => b.count - a.count);
  const durations = all.flatMap(([, group]) => group.durations);
  const sum = (part: 'count' | 'errors'): number => all.reduce((total, [, group]) => total + group[part], 0);
  return {
    windowMs,
    from,
    to,
    bucketMs,
    items: all.slice(0, 1000).map(([key, group]) => routeView(key, group, windowMs)),
    total: {
      ...figures(durations, sum('errors'), windowMs),
      ...rates(sum('count'), sum('errors'), windowMs),
    },
  };
}

/** Figures that are of all requests, and not of the newest alone. */
function rates(count: number, errors: number, windowMs: number): Record<string, number> {
  return { count, rate: count / (windowMs / 1000), errorRatio: count === 0 ? 0 : errors / count };
}

function routeView(key: string, group: RouteGroup, windowMs: number): Record<string, unknown> {
  const { first, count, errors, maxMs, lastSeen } = group;
  const service = String(first['service']);
  const route = String(first['label']);
  const field = first['by_name'] === 1 ? 'name' : 'route';
  const method = first['method'] === null ? '' : ` method=${quote(String(first['method']))}`;
  return {
    key,
    service,
    method: first['method'],
    route,
    kind: kindNames[Number(first['kind'])],
    ...figures(group.durations, errors, windowMs),
    ...rates(count, errors, windowMs),
    maxMs,
    open: 0,
    lastSeen,
    sparkline: {
      counts: group.counts,
      errors: group.errorCounts,
      p95Ms: group.bucketDurations.map((durations) => percentile(sorted(durations), 0.95)),
    },
    query: `service=${quote(service)}${method} ${field}=${quote(route)}`,
  };
}
