import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kind } from '../packaging/loading.ts';

/** A distribution under test, set up as its own README says. */
export interface Subject {
  /** What the table calls it. */
  readonly title: string;
  /** The package that a user installs. */
  readonly package: string;
  /** Gives the `node_modules` in which it is installed; installs it the first time. */
  readonly modules: () => Promise<string>;
  /** The folder of its set-up files, which are laid beside the application. */
  readonly files: string;
  /** What stands between `node` and the application. */
  readonly preload: Readonly<Record<Kind, readonly string[]>>;
  /** The same once more by the other flag, as `NODE_OPTIONS` of the platform would have it. */
  readonly preloadAgain: readonly string[];
  /** The module that has `logs`, the entrance of the OpenTelemetry Logs API. */
  readonly logsModule: string;
  /** How a counter is made before the set-up runs. */
  readonly counter: { readonly module: string; readonly name: string; readonly make: string };
  /** Whether it can open a page for Prometheus by the variables of the specification. */
  readonly prometheus: boolean;
  /** The environment that sends all three signals to an endpoint. */
  readonly env: (endpoint: string) => Readonly<Record<string, string>>;
}

/** The API's own way to make a counter, where a distribution has none that is better. */
export const apiCounter: Subject['counter'] = {
  module: '@opentelemetry/api',
  name: 'metrics',
  make: `metrics.getMeter('early').createCounter('early')`,
};

/** The variables of the specification for a Collector that takes all three signals. */
export const specified = (endpoint: string): Record<string, string> => ({
  OTEL_SERVICE_NAME: 'conformance',
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
  OTEL_TRACES_EXPORTER: 'otlp',
  OTEL_METRICS_EXPORTER: 'otlp',
  OTEL_LOGS_EXPORTER: 'otlp',
});

/** The version of a subject that is installed. */
export async function versionOf(subject: Subject): Promise<string> {
  const manifest = join(await subject.modules(), subject.package, 'package.json');
  const { version }: { version: string } = JSON.parse(await readFile(manifest, 'utf8'));
  return version;
}
