import { compile, type Dialect } from '../query/compile.ts';
import { attribute, containsText, textField } from '../query/fields.ts';
import { parseQuery } from '../query/parse.ts';
import { always } from '../query/sql.ts';
import { type Database, milliseconds, parseJson, type Row, ViewError } from './database.ts';
import {
  addBuckets,
  type Buckets,
  commonScale,
  type Delta,
  computeDeltas,
  quantile,
} from './metric-points.ts';
import { instrumentView } from './metrics.ts';

export interface MetricParameters {
  readonly id: number;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly window?: number | undefined;
  readonly step?: number | undefined;
  readonly by?: string | undefined;
  readonly q?: string | undefined;
}

const maxSeries = 200;
const maxSteps = 300;

/** A query on series (`x`) and their resources (`r`). */
const dialect: Dialect = {
  comparison: (node) => {
    if (node.field === 'service') return textField('r.service')(node);
    if (node.field === 'instance') return textField('r.instance')(node);
    return attribute('x.attributes', 'r.attributes')(node);
  },
  text: (text) => containsText(['x.attributes'], text),
};

interface SeriesGroup {
  readonly attributes: Record<string, unknown>;
  readonly services: Set<unknown>;
  readonly instances: Set<unknown>;
  readonly tracks: Track[];
}

/** The points of one series. */
interface Track {
  readonly rows: readonly Row[];
  /** Whether everything before the first point was measured in the window. */
  readonly startsAtZero: boolean;
}

/** Whether a series begins with this point: its sender started in the window, or has sent others before without it. */
function startsAtZero(
  database: Database,
  first: Row | undefined,
  resource: Row[string] | undefined,
  firstUs: number,
): boolean {
  if (first === undefined) return false;
  if (Number(first['start_us']) >= firstUs) return true;
  const { series = null, time_us: timeUs = null } = first;
  const hasEarlier = database.get(
    'SELECT 1 FROM points WHERE series = ? AND time_us < ? LIMIT 1',
    series,
    timeUs,
  );
  if (hasEarlier !== undefined) return false;
  const hasSent = database.get(
    `SELECT 1 FROM series x WHERE x.resource = ? AND EXISTS (SELECT 1 FROM points p WHERE p.series = x.id AND p.time_us < ?) LIMIT 1`,
    resource ?? null,
    timeUs,
  );
  return hasSent !== undefined;
}

/** `GET /api/metrics/:id` */
export function getMetric(database: Database, parameters: MetricParameters): unknown {
  const instrument = database.get('SELECT * FROM instruments WHERE id = ?', parameters.id);
  if (instrument === undefined) throw new ViewError(404, `no instrument has the id ${parameters.id}`);
  const to = parameters.to ?? Date.now();
  const from = parameters.from ?? to - (parameters.window ?? 300_000);
  const stepMs = Math.max(parameters.step ?? 1000, (to - from) / maxSteps, 1);
  const { series, more } = findSeries(database, parameters);
  // One point before, so that the first step has something to compare with.
  const firstUs = Math.floor((from - 2 * stepMs - 5000) * 1000);
  const all = series.map(({ id, resource }): Track => {
    const rows = database.all(
      'SELECT series, time_us, start_us, value, data FROM points WHERE series = ? AND time_us BETWEEN ? AND ? ORDER BY time_us LIMIT 20000',
      id ?? null,
      firstUs,
      Math.ceil(to * 1000),
    );
    return { rows, startsAtZero: startsAtZero(database, rows[0], resource, firstUs) };
  });
  const groups = groupSeries(series, all, parameters.by);
  const type = String(instrument['type']);
  const isDelta = instrument['temporality'] === 1;
  const scale = type === 'exponentialHistogram' ? commonScale(all.flatMap(({ rows }) => rows)) : 0;
  const isNumber = type === 'gauge' || type === 'sum';
  const isMonotonic = instrument['monotonic'] === 1;
  const heat = new Map<number, Buckets>();
  const views = [...groups].map(([key, group]) => ({
    key,
    attributes: group.attributes,
    service: group.services.size === 1 ? [...group.services][0] : null,
    instance: group.instances.size === 1 ? [...group.instances][0] : null,
    points: isNumber
      ? numberPoints(group, { from, stepMs, isDelta, isMonotonic, isGauge: type === 'gauge' })
      : distributionPoints(group, { from, stepMs, isDelta, scale }, heat),
  }));
  return {
    ...instrumentView(instrument),
    from,
    to,
    stepMs,
    more,
    series: views,
    exemplars: listExemplars(database, series, from, to),
    ...(!isNumber && { heatmap: heatmap(heat) }),
  };
}

function findSeries(database: Database, { id, q }: MetricParameters): { series: Row[]; more: boolean } {
  const node = parseQuery(q ?? '');
  const condition = node === undefined ? always : compile(node, dialect);
  const rows = database.all(
    `SELECT x.id, x.resource, x.attributes, r.service, r.instance FROM series x JOIN resources r ON r.id = x.resource
     WHERE x.instrument = ? AND (${condition.text}) ORDER BY x.id LIMIT ?`,
    id,
    ...condition.parameters,
    maxSeries + 1,
  );
  return { series: rows.slice(0, maxSeries), more: rows.length > maxSeries };
}

function groupSeries(
  series: readonly Row[],
  tracks: readonly Track[],
  by: string | undefined,
): Map<string, SeriesGroup> {
  const keys = by === undefined ? undefined : by.split(',').filter((key) => key !== '');
  const groups = new Map<string, SeriesGroup>();
  for (const [index, row] of series.entries()) {
    const own = parseJson<Record<string, unknown>>(row['attributes'], {});
    const known: Record<string, unknown> = { service: row['service'], instance: row['instance'], ...own };
    const attributes =
      keys === undefined ? own : Object.fromEntries(keys.map((key) => [key, known[key] ?? null]));
    const key = keys === undefined ? String(row['id']) : JSON.stringify(attributes);
    let group = groups.get(key);
    if (group === undefined)
      groups.set(key, (group = { attributes, services: new Set(), instances: new Set(), tracks: [] }));
    group.services.add(row['service']);
    group.instances.add(row['instance']);
    group.tracks.push(tracks[index] ?? { rows: [], startsAtZero: false });
  }
  return groups;
}

interface Steps {
  readonly from: number;
  readonly stepMs: number;
  readonly isDelta: boolean;
}

/** The time of the step that an instant lies in; undefined before the first one. */
function stepIndex(timeMs: number, { from, stepMs }: Steps): number | undefined {
  return timeMs < from ? undefined : from + Math.floor((timeMs - from) / stepMs) * stepMs;
}

function trackDeltas({ rows, startsAtZero: isNew }: Track, { isDelta }: Steps, scale: number): Delta[] {
  return computeDeltas(rows, { isDelta, scale, startsAtZero: isNew });
}

function numberPoints(
  { tracks }: SeriesGroup,
  steps: Steps & { readonly isMonotonic: boolean; readonly isGauge: boolean },
): { time: number; value: number; rate?: number }[] {
  const values = new Map<number, Map<number, number>>();
  const increases = new Map<number, number>();
  for (const [index, track] of tracks.entries()) {
    for (const row of track.rows) {
      const step = stepIndex(Number(row['time_us']) / 1000, steps);
      if (step === undefined || row['value'] === null) continue;
      const bySeries = values.get(step) ?? new Map<number, number>();
      values.set(step, bySeries);
      const sum = steps.isDelta ? (bySeries.get(index) ?? 0) : 0;
      bySeries.set(index, sum + Number(row['value']));
    }
    if (!steps.isMonotonic) continue;
    for (const { timeMs, value } of trackDeltas(track, steps, 0)) {
      const step = stepIndex(timeMs, steps);
      if (step !== undefined) increases.set(step, (increases.get(step) ?? 0) + value);
    }
  }
  const inOrder = [...values].toSorted(([a], [b]) => a - b);
  return inOrder.map(([time, bySeries]) => {
    const sum = [...bySeries.values()].reduce((total, value) => total + value, 0);
    const value = steps.isGauge ? sum / bySeries.size : sum;
    return steps.isMonotonic
      ? { time, value, rate: (increases.get(time) ?? 0) / (steps.stepMs / 1000) }
      : { time, value };
  });
}

function distributionPoints(
  { tracks }: SeriesGroup,
  steps: Steps & { readonly scale: number },
  heat: Map<number, Buckets>,
): object[] {
  const byStep = new Map<number, Delta>();
  for (const track of tracks) {
    for (const delta of trackDeltas(track, steps, steps.scale)) {
      const step = stepIndex(delta.timeMs, steps);
      if (step === undefined) continue;
      byStep.set(step, merge(byStep.get(step), delta));
      if (delta.buckets !== undefined) heat.set(step, addBuckets(heat.get(step), delta.buckets) as Buckets);
    }
  }
  const inOrder = [...byStep].toSorted(([a], [b]) => a - b);
  return inOrder.map(([time, { count, sum, min, max, buckets }]) => ({
    time,
    count,
    rate: count / (steps.stepMs / 1000),
    sum,
    mean: count === 0 ? null : sum / count,
    p50: quantile(buckets, 0.5),
    p95: quantile(buckets, 0.95),
    p99: quantile(buckets, 0.99),
    min: min ?? null,
    max: max ?? null,
  }));
}

/** Chooses one of two numbers, of which either may be missing. */
function pick(choose: (...values: number[]) => number, x?: number, y?: number): number | undefined {
  return x === undefined || y === undefined ? (x ?? y) : choose(x, y);
}

function merge(a: Delta | undefined, b: Delta): Delta {
  if (a === undefined) return b;
  return {
    timeMs: b.timeMs,
    value: a.value + b.value,
    count: a.count + b.count,
    sum: a.sum + b.sum,
    min: pick(Math.min, a.min, b.min),
    max: pick(Math.max, a.max, b.max),
    buckets: addBuckets(a.buckets, b.buckets),
  };
}

function heatmap(heat: ReadonlyMap<number, Buckets>): {
  bounds: number[];
  times: number[];
  counts: (readonly number[])[];
} {
  const bounds = [...new Set([...heat.values()].flatMap((buckets) => buckets.bounds))].toSorted(
    (a, b) => a - b,
  );
  const empty: Buckets = { bounds, counts: Array.from({ length: bounds.length + 1 }, () => 0) };
  const times = [...heat.keys()].toSorted((a, b) => a - b);
  return {
    bounds,
    times,
    counts: times.map((time) => addBuckets(empty, heat.get(time))?.counts ?? []),
  };
}

function listExemplars(database: Database, series: readonly Row[], from: number, to: number): object[] {
  return series
    .flatMap(({ id }) =>
      database.all(
        'SELECT * FROM exemplars WHERE series = ? AND time_us BETWEEN ? AND ? ORDER BY time_us DESC LIMIT 200',
        id ?? null,
        Math.floor(from * 1000),
        Math.ceil(to * 1000),
      ),
    )
    .slice(0, 2000)
    .map((row) => ({
      time: milliseconds(row['time_us']),
      value: row['value'],
      traceId: row['trace_id'],
      spanId: row['span_id'],
      attributes: parseJson(row['attributes'], {}),
      series: String(row['series']),
    }));
}
