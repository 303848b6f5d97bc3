import { channelVersions } from '@sonde/sdk/libraries';
import type { LoadedPackages } from '../session/loaded-packages.ts';
import { type Database, parseJson, type Row } from './database.ts';
import { instrumentationByPackage, isAtLeast } from './instrumentable.ts';
import { getResources } from './resources.ts';
import { getSdk } from './services.ts';

interface SelfMetric {
  readonly name: string;
  readonly unit: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly value: number;
  readonly ratePerSecond: number;
}

/** The last point of every `otel.sdk.*` series of a process, with the increase since the point before. */
function selfMetrics(database: Database, resource: number): SelfMetric[] {
  const series = database.all(
    `SELECT x.id, x.attributes, i.name, i.unit FROM instruments i JOIN series x ON x.instrument = i.id
     WHERE i.name GLOB 'otel.sdk.*' AND x.resource = ? ORDER BY i.name LIMIT 500`,
    resource,
  );
  return series.flatMap((row) => {
    const [last, before] = database.all(
      'SELECT time_us, value FROM points WHERE series = ? ORDER BY time_us DESC LIMIT 2',
      row['id'] ?? null,
    );
    if (last === undefined) return [];
    const value = Number(last['value'] ?? 0);
    const seconds = before === undefined ? 0 : (Number(last['time_us']) - Number(before['time_us'])) / 1e6;
    const ratePerSecond = seconds > 0 ? Math.max(0, value - Number(before?.['value'] ?? 0)) / seconds : 0;
    const attributes = parseJson<Record<string, unknown>>(row['attributes'], {});
    return [{ name: String(row['name']), unit: row['unit'], attributes, value, ratePerSecond }];
  });
}

function sum(metrics: readonly SelfMetric[], name: string, isFailed: boolean | undefined): number {
  return metrics
    .filter((metric) => metric.name === name)
    .filter(
      ({ attributes }) => isFailed === undefined || (attributes['error.type'] !== undefined) === isFailed,
    )
    .reduce((total, { value }) => total + value, 0);
}

/** Which scopes have sent what: what is instrumented. */
function listScopes(database: Database, resource: number): Row[] {
  return database.all(
    `SELECT c.name, c.version, sum(spans) AS spans, sum(logs) AS logs, sum(instruments) AS instruments, max(last) / 1000.0 AS lastSeen FROM (
       SELECT scope, count(*) AS spans, 0 AS logs, 0 AS instruments, max(start_us) AS last FROM spans WHERE resource = ? GROUP BY scope
       UNION ALL SELECT scope, 0, count(*), 0, max(time_us) FROM logs WHERE resource = ? GROUP BY scope
       UNION ALL SELECT i.scope, 0, 0, count(DISTINCT i.id), 0 FROM series x JOIN instruments i ON i.id = x.instrument WHERE x.resource = ? GROUP BY i.scope
     ) u JOIN scopes c ON c.id = u.scope GROUP BY c.id ORDER BY c.name`,
    resource,
    resource,
    resource,
  );
}

/** A judgment on the telemetry of a process, with a stable code. */
interface Finding {
  readonly code: string;
  readonly severity: 'warning' | 'error';
  readonly text: string;
  readonly fix: string;
}

function listFindings(failed: number, dropped: number, service: unknown): Finding[] {
  return [
    ...(failed > 0
      ? [
          {
            code: 'EXPORT_FAILED',
            severity: 'error' as const,
            text: `an exporter of this process failed with ${failed} items`,
            fix: 'read its standard error: the endpoint and the cause stand there',
          },
        ]
      : []),
    ...(dropped > 0
      ? [
          {
            code: 'QUEUE_FULL',
            severity: 'warning' as const,
            text: `${dropped} items found a full queue and were dropped`,
            fix: 'raise OTEL_BSP_MAX_QUEUE_SIZE and OTEL_BLRP_MAX_QUEUE_SIZE, or record less',
          },
        ]
      : []),
    ...(typeof service === 'string' && service.startsWith('unknown_service')
      ? [
          {
            code: 'NO_SERVICE_NAME',
            severity: 'warning' as const,
            text: 'the process has no service.name',
            fix: 'set OTEL_SERVICE_NAME',
          },
        ]
      : []),
  ];
}

/** An instrumentable package that a process has loaded. */
interface InstrumentablePackage {
  readonly name: string;
  readonly version: string | null;
  /** The package that instruments it. */
  readonly instrumentation: string;
  readonly isInstrumented: boolean;
}

function instrumentablePackages(process: LoadedPackages | undefined): InstrumentablePackage[] | null {
  if (process === undefined) return null;
  const present = new Set(process.instrumentations);
  return process.packages.flatMap(({ name, version }) => {
    const instrumentation = instrumentationByPackage.get(name);
    if (instrumentation === undefined) return [];
    if (present.has(instrumentation)) return [{ name, version, instrumentation, isInstrumented: true }];
    const short = instrumentation
      .replace('@opentelemetry/instrumentation-', '')
      .replace('@fastify/otel', 'fastify');
    const isBuiltIn = process.builtIn.includes(short) && isAtLeast(version, channelVersions.get(name));
    return [
      {
        name,
        version,
        instrumentation: isBuiltIn ? '@sonde/otel' : instrumentation,
        isInstrumented: isBuiltIn,
      },
    ];
  });
}

function notInstrumented(packages: readonly InstrumentablePackage[] | null): Finding[] {
  const missing = packages?.filter(({ isInstrumented }) => !isInstrumented) ?? [];
  if (missing.length === 0) return [];
  const names = missing.map(({ name, version }) => (version === null ? name : `${name} ${version}`));
  const are = missing.length === 1 ? 'is' : 'are';
  return [
    {
      code: 'NOT_INSTRUMENTED',
      severity: 'warning',
      text: `${names.join(', ')} ${are} loaded and not instrumented`,
      fix: `npm install ${[...new Set(missing.map(({ instrumentation }) => instrumentation))].join(' ')}`,
    },
  ];
}

export interface HealthParameters {
  /** The packages that processes under `sonde dev` have loaded. */
  readonly processes?: readonly LoadedPackages[];
}

/** `GET /api/health`, but for what the receiver knows. */
export function getHealth(database: Database, { processes = [] }: HealthParameters): unknown {
  const byPid = new Map(processes.map((process) => [process.pid, process]));
  const rows = database.all('SELECT * FROM resources ORDER BY last_us DESC LIMIT 200');
  const instances = rows.map((row) => {
    const id = Number(row['id']);
    const attributes = parseJson<Record<string, unknown>>(row['attributes'], {});
    const packages = instrumentablePackages(byPid.get(Number(attributes['process.pid'])));
    const metrics = selfMetrics(database, id);
    const queue = (item: string, part: string): number | null => {
      const name = `otel.sdk.processor.${item}.queue.${part}`;
      return metrics.some((metric) => metric.name === name) ? sum(metrics, name, undefined) : null;
    };
    const counts = (isFailed: boolean): { spans: number; logs: number; points: number } => ({
      spans: sum(metrics, 'otel.sdk.exporter.span.exported', isFailed),
      logs: sum(metrics, 'otel.sdk.exporter.log.exported', isFailed),
      points: sum(metrics, 'otel.sdk.exporter.metric_data_point.exported', isFailed),
    });
    const failed = counts(true);
    const dropped = {
      spans: sum(metrics, 'otel.sdk.processor.span.processed', true),
      logs: sum(metrics, 'otel.sdk.processor.log.processed', true),
    };
    return {
      service: row['service'],
      instance: row['instance'],
      resource: id,
      lastSeen: Number(row['last_us']) / 1000,
      sdk: getSdk(attributes),
      metrics,
      exported: counts(false),
      failed,
      dropped,
      queue: {
        spans: { size: queue('span', 'size'), capacity: queue('span', 'capacity') },
        logs: { size: queue('log', 'size'), capacity: queue('log', 'capacity') },
      },
      scopes: listScopes(database, id),
      packages,
      findings: [
        ...listFindings(
          failed.spans + failed.logs + failed.points,
          dropped.spans + dropped.logs,
          row['service'],
        ),
        ...notInstrumented(packages),
      ],
    };
  });
  return {
    instances,
    resources: getResources(
      database,
      rows.map((row) => Number(row['id'])),
    ),
  };
}
