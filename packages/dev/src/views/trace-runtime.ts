import { type Database, parseJson, type Row } from './database.ts';

/** Runtime instruments drawn under a trace, and how each is read. */
const instruments: readonly { readonly name: string; readonly kind: 'eventLoopDelay' | 'gc' }[] = [
  { name: 'nodejs.eventloop.delay.max', kind: 'eventLoopDelay' },
  { name: 'v8js.gc.duration', kind: 'gc' },
];

/** How far around the trace points are looked for. */
const marginUs = 20_000_000;

interface RuntimePoint {
  readonly time: number;
  readonly value: number;
  readonly count?: number;
}

/** Event-loop delay and garbage collection of the processes of a trace, around its time. */
export function getRuntime(
  database: Database,
  resources: readonly number[],
  startUs: number,
  endUs: number,
): unknown[] {
  return instruments.flatMap(({ name, kind }) =>
    resources.flatMap((resource) => {
      const rows = database.all(
        `SELECT p.series, p.time_us, p.start_us, p.value, p.data, i.unit, i.temporality, r.service, r.instance FROM instruments i
         JOIN series x ON x.instrument = i.id JOIN points p ON p.series = x.id JOIN resources r ON r.id = x.resource
         WHERE i.name = ? AND x.resource = ? AND p.time_us BETWEEN ? AND ? ORDER BY p.time_us LIMIT 2000`,
        name,
        resource,
        startUs - marginUs,
        endUs + marginUs,
      );
      const [first] = rows;
      if (first === undefined) return [];
      const points = kind === 'gc' ? collections(rows) : rows.map(plainPoint);
      const { service, instance, unit } = first;
      return [{ service, instance, name, unit, kind, points: near(points, startUs / 1000, endUs / 1000) }];
    }),
  );
}

function plainPoint(row: Row): RuntimePoint {
  return { time: Number(row['time_us']) / 1000, value: Number(row['value'] ?? 0) };
}

/** Garbage collections of an interval: the difference between two points of one series, summed over the series. */
function collections(rows: readonly Row[]): RuntimePoint[] {
  const last = new Map<unknown, { sum: number; count: number; start: unknown }>();
  const points = new Map<number, { value: number; count: number }>();
  for (const row of rows) {
    const { sum = 0, count } = parseJson<{ sum?: number; count: number }>(row['data'], { count: 0 });
    const before = last.get(row['series']);
    const isDelta = row['temporality'] === 1;
    last.set(row['series'], { sum, count, start: row['start_us'] });
    if (before === undefined && !isDelta) continue;
    const isRestart =
      isDelta || before === undefined || before.start !== row['start_us'] || count < before.count;
    const time = Number(row['time_us']) / 1000;
    const point = points.get(time) ?? { value: 0, count: 0 };
    point.value += isRestart ? sum : sum - before.sum;
    point.count += isRestart ? count : count - before.count;
    points.set(time, point);
  }
  return [...points].map(([time, point]) => ({ time, value: point.value, count: point.count }));
}

/** From two points before the trace to two after it. */
function near(points: readonly RuntimePoint[], start: number, end: number): RuntimePoint[] {
  const first = points.findIndex(({ time }) => time >= start);
  const after = points.findIndex(({ time }) => time > end);
  const from = Math.max(0, (first === -1 ? points.length : first) - 2);
  return points.slice(from, after === -1 ? points.length : after + 2);
}
