import { type Database, parseJson, type Row } from './database.ts';

/** Runtime instruments drawn under a trace, and how each is read. */
const instruments: readonly { readonly name: string; readonly kind: 'eventLoopDelay' | 'gc' }[] = [
  { name: 'nodejs.eventloop.delay.max', kind: 'eventLoopDelay' },
  { name: 'v8js.gc.duration', kind: 'gc' },
];

/** How far around the trace points are looked for: more than the default export interval of an SDK, a minute. */
const marginUs = 90_000_000;

/** An export of an instrument: it covers the time since the export before. */
interface RuntimePoint {
  /** Start of the interval; the time of the point where no export before it is known. */
  readonly from: number;
  readonly time: number;
  readonly value: number;
  readonly count?: number;
}

/** Event-loop delay and garbage collection of the processes of a trace, in the intervals that overlap it. */
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
         WHERE i.name = ? AND x.resource = ? AND p.time_us BETWEEN ? AND ? ORDER BY p.time_us LIMIT 5000`,
        name,
        resource,
        startUs - marginUs,
        endUs + marginUs,
      );
      const [first] = rows;
      if (first === undefined) return [];
      const points = kind === 'gc' ? collections(rows) : delays(rows);
      const { service, instance, unit } = first;
      return [
        { service, instance, name, unit, kind, points: overlapping(points, startUs / 1000, endUs / 1000) },
      ];
    }),
  );
}

function delays(rows: readonly Row[]): RuntimePoint[] {
  const times = rows.map((row) => Number(row['time_us']) / 1000);
  return rows.map((row, index) => {
    const time = times[index] ?? 0;
    return { from: times[index - 1] ?? time, time, value: Number(row['value'] ?? 0) };
  });
}

/** Garbage collections of an interval: the difference between two points of one series, summed over the series. */
function collections(rows: readonly Row[]): RuntimePoint[] {
  const last = new Map<unknown, { sum: number; count: number; start: unknown }>();
  const points = new Map<number, { from: number; value: number; count: number }>();
  const times = [...new Set(rows.map((row) => Number(row['time_us']) / 1000))];
  const before = new Map(times.map((time, index) => [time, times[index - 1] ?? time]));
  for (const row of rows) {
    const { sum = 0, count } = parseJson<{ sum?: number; count: number }>(row['data'], { count: 0 });
    const previous = last.get(row['series']);
    const isDelta = row['temporality'] === 1;
    last.set(row['series'], { sum, count, start: row['start_us'] });
    if (previous === undefined && !isDelta) continue;
    const isRestart =
      isDelta || previous === undefined || previous.start !== row['start_us'] || count < previous.count;
    const time = Number(row['time_us']) / 1000;
    const point = points.get(time) ?? { from: before.get(time) ?? time, value: 0, count: 0 };
    point.value += isRestart ? sum : sum - previous.sum;
    point.count += isRestart ? count : count - previous.count;
    points.set(time, point);
  }
  return [...points].map(([time, { from, value, count }]) => ({ from, time, value, count }));
}

function overlapping(points: readonly RuntimePoint[], start: number, end: number): RuntimePoint[] {
  return points.filter(({ from, time }) => from <= end && time >= start);
}
