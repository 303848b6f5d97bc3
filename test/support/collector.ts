import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { freePort } from './free-port.ts';
import { Program } from './program.ts';
import { run } from './run.ts';

const root = join(import.meta.dirname, '..', '..');
const manifestPath = join(root, 'test/stack/collector/builder.yaml');

interface Manifest {
  readonly dist: { readonly version: string };
}

/**
 * The path of a Collector that is built from its Go modules by the Collector's own builder, once for each
 * content of the manifest; it takes minutes the first time. Rejects when it cannot be built.
 *
 * @param go the path of the Go tool
 */
export async function buildCollector(go: string): Promise<string> {
  const text = await readFile(manifestPath, 'utf8');
  const key = createHash('sha256').update(text).digest('hex').slice(0, 16);
  const binary = join(root, '.cache/collector', key, 'otelcol');
  const built = await access(binary, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (built) return binary;

  const source = await mkdtemp(join(tmpdir(), 'sonde-collector-'));
  try {
    const manifest: Manifest = parse(text);
    const own = join(source, 'builder.yaml');
    await writeFile(own, stringify({ ...manifest, dist: { ...manifest.dist, output_path: source } }));
    const builder = `go.opentelemetry.io/collector/cmd/builder@v${manifest.dist.version}`;
    const { code, output } = await run(go, ['run', builder, `--config=${own}`], source);
    if (code !== 0) throw new Error(`the Collector cannot be built: ${output.slice(-2000)}`);
    await mkdir(join(binary, '..'), { recursive: true });
    await rename(join(source, 'otelcol'), `${binary}.${process.pid}`).catch(async () => {
      // Another file system.
      await writeFile(`${binary}.${process.pid}`, await readFile(join(source, 'otelcol')), { mode: 0o755 });
    });
    await rename(`${binary}.${process.pid}`, binary);
  } finally {
    await rm(source, { recursive: true, force: true });
  }
  return binary;
}

/** Ports and storage of a Collector, and the addresses of its back ends. */
export interface CollectorPlaces {
  /** An address of the loopback interface. */
  readonly host: string;
  readonly otlpPort: number;
  readonly healthPort: number;
  readonly metricsPort: number;
  readonly storage: string;
  readonly backEnd: string;
}

/** Free ports and an empty storage. The caller removes the storage. */
export async function collectorPlaces(backEnd: string, host = '127.0.0.1'): Promise<CollectorPlaces> {
  return {
    host,
    otlpPort: await freePort(),
    healthPort: await freePort(),
    metricsPort: await freePort(),
    storage: await mkdtemp(join(tmpdir(), 'sonde-collector-storage-')),
    backEnd,
  };
}

/** The parts of a Collector's configuration that the tests change. */
export interface CollectorConfig {
  extensions: { health_check: object; file_storage: object };
  receivers: { otlp: { protocols: { http?: object; grpc?: object } } };
  processors: { tail_sampling?: { decision_wait: string; policies: { name: string; type: string }[] } };
  connectors?: { span_metrics: { metrics_flush_interval: string } };
  exporters: Record<string, object>;
  service: { telemetry: { metrics: object } };
}

/** Options of one Collector. */
export interface CollectorOptions {
  /** Its file in `stack/collector`. @default 'config.yaml' */
  readonly file?: string;
  /** Changes the configuration, after its places were changed. */
  readonly adapt?: (config: CollectorConfig) => void;
  /** Command prefix that executes the Collector. */
  readonly wrapper?: readonly string[];
}

/** A real Collector that runs the stack's configuration at other places: OTLP over HTTP if it has that, else gRPC. */
export async function startCollector(
  binary: string,
  places: CollectorPlaces,
  { file = 'config.yaml', adapt, wrapper = [] }: CollectorOptions = {},
): Promise<Program> {
  const config: CollectorConfig = parse(await readFile(join(root, 'stack/collector', file), 'utf8'));
  config.extensions.health_check = { endpoint: `127.0.0.1:${places.healthPort}` };
  config.extensions.file_storage = { ...config.extensions.file_storage, directory: places.storage };
  const { otlp } = config.receivers;
  const protocol = otlp.protocols.http === undefined ? 'grpc' : 'http';
  otlp.protocols = { [protocol]: { endpoint: `${places.host}:${places.otlpPort}` } };
  for (const [name, exporter] of Object.entries(config.exporters)) {
    if (!name.startsWith('otlp_http')) continue;
    Object.assign(exporter, {
      endpoint: places.backEnd,
      retry_on_failure: { initial_interval: '100ms', max_interval: '500ms', max_elapsed_time: '0s' },
    });
  }
  const prometheus = { host: '127.0.0.1', port: places.metricsPort };
  config.service.telemetry.metrics = { readers: [{ pull: { exporter: { prometheus } } }] };
  adapt?.(config);
  const own = join(places.storage, 'config.yaml');
  await writeFile(own, stringify(config, { aliasDuplicateObjects: false }));
  const [command, ...first] = [...wrapper, binary];
  const program = new Program(command ?? binary, [...first, '--config', own], { cwd: places.storage });
  await program.printed('Everything is ready');
  return program;
}
