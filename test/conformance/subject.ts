import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kind } from '../packaging/loading.ts';

/** An SDK distribution under test, set up as its README describes. */
export interface Subject {
  /** Title of the column. */
  readonly title: string;
  /** Package that users install. */
  readonly package: string;
  /** Returns the `node_modules` with the package; installs it on first use. */
  readonly modules: () => Promise<string>;
  /** Folder with the setup files, which are copied next to the application. */
  readonly files: string;
  /** Arguments between `node` and the application. */
  readonly preload: Readonly<Record<Kind, readonly string[]>>;
  /** The same preload with the other flag, for `NODE_OPTIONS`. */
  readonly preloadAgain: readonly string[];
  /** Module that exports `logs` of the OpenTelemetry Logs API. */
  readonly logsModule: string;
  /** Code that creates a counter before the SDK starts. */
  readonly counter: { readonly module: string; readonly name: string; readonly make: string };
  /** Whether the specification's variables enable a Prometheus endpoint. */
  readonly prometheus: boolean;
  /** Environment variables that export all three signals to an endpoint. */
  readonly env: (endpoint: string) => Readonly<Record<string, string>>;
}

/** Creates a counter with the OpenTelemetry API. */
export const apiCounter: Subject['counter'] = {
  module: '@opentelemetry/api',
  name: 'metrics',
  make: `metrics.getMeter('early').createCounter('early')`,
};

/** The specification's variables that export all three signals to a Collector. */
export const specified = (endpoint: string): Record<string, string> => ({
  OTEL_SERVICE_NAME: 'conformance',
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
  OTEL_TRACES_EXPORTER: 'otlp',
  OTEL_METRICS_EXPORTER: 'otlp',
  OTEL_LOGS_EXPORTER: 'otlp',
});

/** Installed version of a subject. */
export async function readVersion(subject: Pick<Subject, 'modules' | 'package'>): Promise<string> {
  const manifest = join(await subject.modules(), subject.package, 'package.json');
  const { version }: { version: string } = JSON.parse(await readFile(manifest, 'utf8'));
  return version;
}
