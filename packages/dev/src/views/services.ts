import { type Database, parseJson, type Row } from './database.ts';
import { getResources } from './resources.ts';
import { figures } from './routes.ts';
import { type Window, toTimeWindow } from './window.ts';

type Attributes = Readonly<Record<string, unknown>>;

interface Sample {
  readonly durations: number[];
  errors: number;
}

function getSample<Key>(samples: Map<Key, Sample>, key: Key): Sample {
  const known = samples.get(key);
  if (known !== undefined) return known;
  const sample = { durations: [], errors: 0 };
  samples.set(key, sample);
  return sample;
}

function add(sample: Sample, row: Row): void {
  sample.durations.push(Number(row['duration_ns']) / 1e6);
  if (row['status'] === 2) sample.errors += 1;
}

function joined(...parts: unknown[]): string | null {
  const text = parts.filter((part) => typeof part === 'string' && part !== '').join(' ');
  return text === '' ? null : text;
}

/** The SDK that a resource describes. */
export function getSdk(attributes: Attributes): {
  name: unknown;
  version: unknown;
  language: unknown;
  distro: string | null;
} {
  return {
    name: attributes['telemetry.sdk.name'] ?? null,
    version: attributes['telemetry.sdk.version'] ?? null,
    language: attributes['telemetry.sdk.language'] ?? null,
    distro: joined(attributes['telemetry.distro.name'], attributes['telemetry.distro.version']),
  };
}

/** `GET /api/services` */
export function listServices(
  database: Database,
  { window }: { readonly window?: Window | undefined },
): unknown {
  const { from, windowMs } = toTimeWindow(database, window, 900_000);
  const fromUs = Math.floor(from * 1000);
  const resources = database.all('SELECT * FROM resources ORDER BY last_us DESC LIMIT 2000');
  const requests = database.all(
    'SELECT resource, duration_ns, status FROM spans WHERE entry = 1 AND start_us >= ? LIMIT 200000',
    fromUs,
  );
  const byResource = new Map<number, Sample>();
  for (const row of requests) add(getSample(byResource, Number(row['resource'])), row);
  const byService = Map.groupBy(resources, (row) => String(row['service']));
  const services = [...byService].map(([name, rows]) => serviceView(name, rows, byResource, windowMs));
  services.sort((a, b) => a.name.localeCompare(b.name));
  const edges = findEdges(database, fromUs);
  const externals = new Map(
    edges.filter(({ external }) => external).map(({ to, kind }) => [to, { name: to, kind }]),
  );
  return {
    services,
    edges,
    externals: [...externals.values()],
    resources: getResources(
      database,
      resources.map((row) => Number(row['id'])),
    ),
  };
}

function serviceView(
  name: string,
  rows: readonly Row[],
  samples: ReadonlyMap<number, Sample>,
  windowMs: number,
): { name: string } & Record<string, unknown> {
  const attributes = parseJson<Attributes>(rows[0]?.['attributes'], {});
  const { name: sdk, version, language, distro } = getSdk(attributes);
  const sum = (column: string): number => rows.reduce((total, row) => total + Number(row[column]), 0);
  const known = rows.map((row) => samples.get(Number(row['id']))).filter((sample) => sample !== undefined);
  const durations = known.flatMap((sample) => sample.durations);
  const errors = known.reduce((total, sample) => total + sample.errors, 0);
  const { count, rate, errorRatio, p50Ms, p95Ms } = figures(durations, errors, windowMs);
  return {
    name,
    namespace: attributes['service.namespace'] ?? null,
    version: attributes['service.version'] ?? null,
    language,
    sdk: joined(sdk, version),
    distro,
    requests: count,
    rate,
    errorRatio,
    p50Ms,
    p95Ms,
    spans: sum('spans'),
    logs: sum('logs'),
    firstSeen: Math.min(...rows.map((row) => Number(row['first_us']))) / 1000,
    lastSeen: Math.max(...rows.map((row) => Number(row['last_us']))) / 1000,
    signals: { traces: sum('spans') > 0, logs: sum('logs') > 0, metrics: sum('points') > 0 },
    instances: rows.map((row) => instanceView(row, samples.get(Number(row['id'])), windowMs)),
  };
}

function instanceView(row: Row, sample: Sample | undefined, windowMs: number): Record<string, unknown> {
  const attributes = parseJson<Attributes>(row['attributes'], {});
  const { count, rate, errorRatio, p50Ms, p95Ms } = figures(
    sample?.durations ?? [],
    sample?.errors ?? 0,
    windowMs,
  );
  return {
    id: row['instance'],
    host: attributes['host.name'] ?? null,
    pid: attributes['process.pid'] ?? null,
    resource: row['id'],
    firstSeen: Number(row['first_us']) / 1000,
    lastSeen: Number(row['last_us']) / 1000,
    requests: count,
    rate,
    errorRatio,
    p50Ms,
    p95Ms,
  };
}

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly kind: string;
  readonly external: boolean;
}

/** Calls between services, and from services to what sends no telemetry itself. */
function findEdges(database: Database, fromUs: number): Edge[] {
  const between = database.all(
    `SELECT pr.service AS source, r.service AS target, p.category AS kind, s.duration_ns, s.status FROM spans s
     JOIN spans p ON p.trace = s.trace AND p.span_id = s.parent_id AND p.resource <> s.resource
     JOIN resources r ON r.id = s.resource JOIN resources pr ON pr.id = p.resource
     WHERE s.entry = 1 AND s.start_us >= ? AND s.parent_id IS NOT NULL AND pr.service <> r.service LIMIT 100000`,
    fromUs,
  );
  const outside = database.all(
    `SELECT r.service AS source, s.target, s.category AS kind, s.duration_ns, s.status FROM spans s JOIN resources r ON r.id = s.resource
     WHERE s.kind IN (3, 4) AND s.target IS NOT NULL AND s.start_us >= ?
     AND NOT EXISTS (SELECT 1 FROM spans x WHERE x.trace = s.trace AND x.parent_id = s.span_id AND x.resource <> s.resource) LIMIT 100000`,
    fromUs,
  );
  return [...listEdges(between, false), ...listEdges(outside, true)];
}

function listEdges(rows: readonly Row[], external: boolean): Edge[] {
  const groups = Map.groupBy(rows, (row) => [row['source'], row['target'], row['kind']].join('\0'));
  return [...groups.values()].map((group) => {
    const sample: Sample = { durations: [], errors: 0 };
    for (const row of group) add(sample, row);
    const { count, errors, p50Ms, p95Ms } = figures(sample.durations, sample.errors, 1000);
    const [first] = group;
    const text = (column: string): string => String(first?.[column] ?? '');
    return {
      from: text('source'),
      to: text('target'),
      kind: text('kind'),
      count,
      errors,
      p50Ms,
      p95Ms,
      external,
    };
  });
}
