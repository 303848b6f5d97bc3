export { type ConfigFault, SondeConfigError } from '@sonde/exporters';
export type { Level, LevelName } from './logs/level.ts';
export { getLogger, type Logger } from './logs/logger.ts';
export { counter, gauge, histogram, upDownCounter } from './metrics/instruments.ts';
export type {
  BatchOptions,
  InstrumentOptions,
  ExporterName,
  LogOptions,
  MetricOptions,
  OtlpProtocol,
  PrometheusOptions,
  SondeOptions,
  TraceOptions,
} from './options.ts';
export type { Sonde } from './sonde.ts';
export { start } from './start.ts';
