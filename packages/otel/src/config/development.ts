import type { ExporterChoice } from './settings/validators.ts';
import type { Config } from './settings.ts';
import { environmentText } from './environment.ts';

/** Set by `sonde dev` in the programs that it runs. */
const variable = 'SONDE_DEV_ENDPOINT';

/** How long what was recorded waits for more, in milliseconds, so that a person sees it at once. */
const scheduledDelayMs = 100;

const intervalMillis = 1000;

/** Exporters of a signal with the one for OTLP among them. */
function withOtlp<E extends object>(choice: ExporterChoice<E>): ExporterChoice<E> {
  const given: readonly unknown[] = Array.isArray(choice) ? choice : [choice];
  const others = given.filter((each) => each !== 'none' && each !== 'otlp');
  return [...others, 'otlp'] as unknown as ExporterChoice<E>;
}

/**
 * The configuration of a program that runs under `sonde dev`: whatever its options say, its telemetry goes to the viewer too,
 * all of it and at once. Anywhere else the configuration stays as it is.
 */
export function forDevelopment(config: Config): Config {
  if (environmentText(variable) === undefined) return config;
  return {
    ...config,
    disabled: false,
    configFile: undefined,
    'traces.exporter': withOtlp(config['traces.exporter']),
    'traces.protocol': 'http/protobuf',
    'traces.sampling.ratio': undefined,
    'traces.sampling.keep': undefined,
    'traces.batch.scheduledDelayMs': scheduledDelayMs,
    'logs.exporter': withOtlp(config['logs.exporter']),
    'logs.protocol': 'http/protobuf',
    'logs.batch.scheduledDelayMs': scheduledDelayMs,
    'metrics.exporter': [
      ...config['metrics.exporter'].filter((name) => name !== 'none' && name !== 'otlp'),
      'otlp',
    ],
    'metrics.protocol': 'http/protobuf',
    'metrics.intervalMs': intervalMillis,
    'metrics.timeoutMs': intervalMillis,
  };
}
