import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Values from which the environment of a child process is built. */
export interface ChildSettings {
  readonly otlpPort: number;
  /** The file that Node programs load first; undefined for none. */
  readonly preload: string | undefined;
  /** `@sonde/otel/register` for programs that do not find their own. */
  readonly register: string | undefined;
  /** Asked for by the receiver, when it is bound beyond this machine. */
  readonly token: string | undefined;
}

/** The file that starts Sonde in a program that does not do so itself. */
export const preloadFile: string = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../../preload/preload.cjs' : '../preload/preload.cjs',
    import.meta.url,
  ),
);

/** `@sonde/otel/register`, as the program would find it; undefined when it is not installed. */
export function findRegister(directory: string): string | undefined {
  for (const from of [join(directory, 'package.json'), import.meta.filename]) {
    try {
      return createRequire(from).resolve('@sonde/otel/register');
    } catch {
      // The next place.
    }
  }
  return undefined;
}

/** An argument of NODE_OPTIONS. */
export function quoteOption(text: string): string {
  return /[\s"\\]/.test(text) ? `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"` : text;
}

/**
 * The environment of a command: where it sends, everything sampled, metrics every second. What the user has set of batching
 * and naming stays.
 */
export function childEnvironment(
  environment: NodeJS.ProcessEnv,
  { otlpPort, preload, register, token }: ChildSettings,
): NodeJS.ProcessEnv {
  const endpoint = `http://127.0.0.1:${otlpPort}`;
  const options = [
    environment['NODE_OPTIONS'],
    ...(preload === undefined ? [] : [`--require ${quoteOption(preload)}`]),
  ];
  const headers = [
    environment['OTEL_EXPORTER_OTLP_HEADERS'],
    ...(token === undefined ? [] : [`authorization=Bearer%20${token}`]),
  ];
  const child: NodeJS.ProcessEnv = {
    OTEL_BSP_SCHEDULE_DELAY: '100',
    OTEL_BLRP_SCHEDULE_DELAY: '100',
    ...environment,
    NODE_OPTIONS: options.filter((part) => part !== undefined && part !== '').join(' '),
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_TRACES_SAMPLER: 'always_on',
    OTEL_METRIC_EXPORT_INTERVAL: '1000',
    OTEL_METRIC_EXPORT_TIMEOUT: '1000',
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_LOGS_EXPORTER: 'otlp',
    OTEL_METRICS_EXPORTER: environment['OTEL_METRICS_EXPORTER']?.includes('prometheus')
      ? 'otlp,prometheus'
      : 'otlp',
    SONDE_DEV_ENDPOINT: endpoint,
    ...(register !== undefined && { SONDE_DEV_REGISTER: register }),
  };
  const headerText = headers.filter((part) => part !== undefined && part !== '').join(',');
  if (headerText !== '') child['OTEL_EXPORTER_OTLP_HEADERS'] = headerText;
  // A configuration file would send telemetry elsewhere than to the viewer.
  delete child['OTEL_SDK_DISABLED'];
  delete child['OTEL_CONFIG_FILE'];
  // An endpoint of one signal would win over that of all.
  for (const signal of ['TRACES', 'METRICS', 'LOGS']) {
    delete child[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`];
    delete child[`OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`];
  }
  return child;
}
