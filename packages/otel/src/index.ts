export { type ConfigFault, SondeConfigError } from '@sonde/sdk';

export type { Level, LevelName } from './logs/level.ts';
export { getLogger, type Logger } from './logs/logger.ts';
export { counter, gauge, histogram, upDownCounter } from './metrics/instruments.ts';
export type {
  BatchOptions,
  ExporterName,
  InstrumentOptions,
  KeepRule,
  LogOptions,
  MetricOptions,
  OtlpProtocol,
  PrometheusOptions,
  RedactOptions,
  SamplingOptions,
  SondeOptions,
  TraceOptions,
} from './options.ts';
export type { Sonde } from './sonde.ts';
export { start } from './start.ts';
export { countExceptions, timed, trackInProgress } from './traces/measured.ts';
export { span, traced } from './traces/span.ts';
