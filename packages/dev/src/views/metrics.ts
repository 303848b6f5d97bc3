import { familyName, type MetricKind } from '@sonde/sdk/prometheus';
import { type Database, milliseconds, parseJson, type Row } from './database.ts';

const temporalities = ['unspecified', 'delta', 'cumulative'] as const;

/** Fields shared by lists and details. */
export function instrumentView(row: Row): Record<string, unknown> {
  const type = String(row['type']);
  const monotonic = row['monotonic'] === 1;
  return {
    id: row['id'],
    name: row['name'],
    unit: row['unit'],
    description: row['description'],
    type,
    temporality: temporalities[Number(row['temporality'])] ?? 'unspecified',
    monotonic,
    prometheusName: prometheusName(String(row['name']), String(row['unit']), type, monotonic),
  };
}

/** The name of the family of an instrument with the translation that Prometheus and the exporters of Sonde use by default. */
function prometheusName(name: string, unit: string, type: string, monotonic: boolean): string {
  const kinds: Readonly<Record<string, MetricKind>> = {
    gauge: 'gauge',
    sum: monotonic ? 'counter' : 'upDownCounter',
  };
  return familyName(name, unit, kinds[type] ?? 'histogram', 'UnderscoreEscapingWithSuffixes').name;
}

/** How many values each attribute has: the first one causes the series. */
function getAttributes(series: readonly Row[]): { key: string; values: number }[] {
  const values = new Map<string, Set<string>>();
  for (const row of series) {
    for (const [key, value] of Object.entries(parseJson<object>(row['attributes'], {}))) {
      const known = values.get(key);
      if (known === undefined) values.set(key, new Set([JSON.stringify(value)]));
      else known.add(JSON.stringify(value));
    }
  }
  const counts = [...values].map(([key, set]) => ({ key, values: set.size }));
  return counts.toSorted((a, b) => b.values - a.values);
}

/** A short value for the list. */
function lastValue(type: string, points: readonly Row[]): number | null {
  if (points.length === 0) return null;
  if (type === 'gauge' || type === 'sum') {
    const sum = points.reduce((total, { value }) => total + Number(value ?? 0), 0);
    return type === 'gauge' ? sum / points.length : sum;
  }
  const totals = points.map(({ data }) => parseJson<{ sum?: number; count: number }>(data, { count: 0 }));
  const count = totals.reduce((total, point) => total + point.count, 0);
  return count === 0 ? null : totals.reduce((total, point) => total + (point.sum ?? 0), 0) / count;
}

export interface MetricsParameters {
  readonly search?: string | undefined;
  readonly service?: string | undefined;
}

/** `GET /api/metrics` */
export function listMetrics(database: Database, { search = '', service }: MetricsParameters): unknown {
  const instruments = database.all(
    `SELECT i.*, c.name AS scope_name FROM instruments i JOIN scopes c ON c.id = i.scope
     WHERE instr(lower(i.name || ' ' || i.description), lower(?)) > 0 ORDER BY i.name, i.id LIMIT 5000`,
    search,
  );
  const byName = Map.groupBy(instruments, ({ name }) => name);
  const items = instruments.flatMap((row) => {
    const series = database.all(
      `SELECT x.id, x.attributes, r.service FROM series x JOIN resources r ON r.id = x.resource
       WHERE x.instrument = ? AND (? IS NULL OR r.service = ?)`,
      row['id'] ?? null,
      service ?? null,
      service ?? null,
    );
    if (series.length === 0 && service !== undefined) return [];
    const points = database.all(
      `SELECT p.value, p.data, max(p.time_us) AS time_us FROM series x JOIN points p ON p.series = x.id JOIN resources r ON r.id = x.resource
       WHERE x.instrument = ? AND (? IS NULL OR r.service = ?) GROUP BY x.id`,
      row['id'] ?? null,
      service ?? null,
      service ?? null,
    );
    const exemplars = database.get(
      'SELECT count(*) AS count FROM series x JOIN exemplars e ON e.series = x.id WHERE x.instrument = ?',
      row['id'] ?? null,
    );
    const lastUs = points.reduce((latest, { time_us: time }) => Math.max(latest, Number(time)), 0);
    return [
      {
        ...instrumentView(row),
        scope: row['scope_name'],
        services: [...new Set(series.map((one) => one['service']))],
        series: series.length,
        attributes: getAttributes(series),
        exemplars: exemplars?.['count'] ?? 0,
        lastTime: lastUs === 0 ? null : milliseconds(lastUs),
        last: lastValue(String(row['type']), points),
        conflict: findConflict(row, byName.get(row['name'] ?? null) ?? []),
      },
    ];
  });
  return { items };
}

function describe(row: Row): string {
  return `${row['type']} in ${JSON.stringify(row['unit'])} by ${JSON.stringify(row['scope_name'])}`;
}

/** One name, defined in two ways: two libraries mean different things, and a back end will mix them up. */
function findConflict(row: Row, sameName: readonly Row[]): string | null {
  const other = sameName.find(
    (one) =>
      one !== row &&
      (one['unit'] !== row['unit'] || one['type'] !== row['type'] || one['monotonic'] !== row['monotonic']),
  );
  if (other === undefined) return null;
  return `"${row['name']}" is a ${describe(row)} and a ${describe(other)}`;
}
