// Setup
export {
  type BatchOptions,
  type EngineName,
  type ExitOptions,
  type ExporterName,
  type InstrumentationOptions,
  type KeepRule,
  type LogsOptions,
  type MetricExporterName,
  type MetricsOptions,
  type OtlpDeliveryOptions,
  type OtlpProtocol,
  type PrometheusEndpointOptions,
  type RedactOptions,
  type SamplingOptions,
  type SondeOptions,
  type TracesOptions,
} from './options.ts';
export type { MetricsHandler, Sonde } from './sonde.ts';
export { start } from './start.ts';

// Traces
export { span, traced } from './api/span.ts';

// Metrics
export { counter, gauge, histogram, type RemovableSeries, upDownCounter } from './api/instruments.ts';
export {
  observableCounter,
  observableGauge,
  observableUpDownCounter,
  type ObserveFunction,
} from './api/observables.ts';
export { info, stateSet, type StateSet } from './api/states.ts';
export { countExceptions, startTimer, timed, type Timer, trackInProgress } from './api/timed.ts';

// Logs
export type { Level, LevelName } from './api/level.ts';
export { getLogger, type Logger } from './api/logger.ts';

// Errors
export { type ConfigFault, SondeConfigError } from '@sonde/exporters';
