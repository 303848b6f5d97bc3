import type { Config } from './config.ts';
import { environmentText } from './environment.ts';

/** Set by `sonde dev` in the programs that it runs. */
const developmentVariable = 'SONDE_DEV_ENDPOINT';

/** Short delays, so that the viewer shows telemetry immediately. */
const batchDelayMs = 100;
const metricIntervalMs = 1000;

/** Adds the OTLP exporter to the exporters of a signal. */
function withOtlp<Choice>(choice: Choice): Choice {
  const exporters: readonly unknown[] = Array.isArray(choice) ? choice : [choice];
  const others = exporters.filter((exporter) => exporter !== 'none' && exporter !== 'otlp');
  return [...others, 'otlp'] as unknown as Choice;
}

/**
 * Under `sonde dev`, the configuration with all telemetry exported to the viewer as well, unsampled and immediately;
 * otherwise the same configuration.
 */
export function withDevelopmentOverrides(config: Config): Config {
  if (environmentText(developmentVariable) === undefined) return config;
  const { traces, logs, metrics } = config;
  return {
    ...config,
    disabled: false,
    configFile: undefined,
    traces: {
      ...traces,
      exporter: withOtlp(traces.exporter),
      protocol: 'http/protobuf',
      sampling: { ...traces.sampling, ratio: undefined, keep: undefined },
      batch: { ...traces.batch, scheduledDelayMs: batchDelayMs },
    },
    logs: {
      ...logs,
      exporter: withOtlp(logs.exporter),
      protocol: 'http/protobuf',
      batch: { ...logs.batch, scheduledDelayMs: batchDelayMs },
    },
    metrics: {
      ...metrics,
      exporter: withOtlp(metrics.exporter),
      protocol: 'http/protobuf',
      intervalMs: metricIntervalMs,
      timeoutMs: metricIntervalMs,
    },
  };
}

/** The configuration with some signals disabled, because another SDK is registered for them. */
export function withoutSignals(config: Config, signals: ReadonlySet<'traces' | 'metrics' | 'logs'>): Config {
  let { traces, logs, metrics } = config;
  if (signals.has('traces')) {
    traces = { ...traces, exporter: 'none', spanProcessors: undefined };
    // The other SDK's logger instrumentation adds the ids already.
    logs = { ...logs, traceIds: false };
  }
  if (signals.has('metrics')) {
    const prometheus = { ...metrics.prometheus, isEnabled: false };
    metrics = {
      ...metrics,
      exporter: 'none',
      prometheus,
      metricReaders: undefined,
      runtime: false,
      process: false,
    };
  }
  if (signals.has('logs')) {
    logs = {
      ...logs,
      exporter: 'none',
      console: false,
      captureLoggers: false,
      captureWarnings: false,
      logRecordProcessors: undefined,
    };
  }
  return { ...config, traces, logs, metrics };
}
