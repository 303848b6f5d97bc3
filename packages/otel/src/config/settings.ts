import type { Definitions } from './setting.ts';
import { type InstrumentConfig, instrumentSettings } from './settings/instrumentation.ts';
import { type LogConfig, logSettings } from './settings/logs.ts';
import { type MetricConfig, metricSettings } from './settings/metrics.ts';
import { type RedactConfig, redactSettings } from './settings/redaction.ts';
import { type ServiceConfig, serviceSettings } from './settings/service.ts';
import { type TraceConfig, traceSettings } from './settings/traces.ts';

/** The value of every setting, by its option's path. */
export interface Config
  extends ServiceConfig, RedactConfig, InstrumentConfig, TraceConfig, LogConfig, MetricConfig {}

/** Every setting by its option's path: the one source of validation, environment variables and reference. */
export const settings: Definitions<Config> = {
  ...serviceSettings,
  ...redactSettings,
  ...instrumentSettings,
  ...traceSettings,
  ...logSettings,
  ...metricSettings,
};
