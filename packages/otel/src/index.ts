export { type ConfigFault, SondeConfigError } from '@sonde/exporters';

export type { Level, LevelName } from './api/level.ts';
export { getLogger, type Logger } from './api/logger.ts';
export { counter, gauge, histogram, upDownCounter } from './api/instruments.ts';
export type {
  BatchOptions,
  ExporterName,
  InstrumentationOptions,
  KeepRule,
  LogsOptions,
  MetricsOptions,
  OtlpProtocol,
  PrometheusEndpointOptions,
  RedactOptions,
  SamplingOptions,
  SondeOptions,
  TracesOptions,
} from './options.ts';
export type { Sonde } from './sonde.ts';
export { start } from './start.ts';
export { countExceptions, timed, trackInProgress } from './api/timed.ts';
export { span, traced } from './api/span.ts';
