import type { Config } from '../config.ts';
import type { SettingsTable } from '../setting.ts';
import { instrumentationSettings } from './instrumentation.ts';
import { logsSettings } from './logs.ts';
import { metricsSettings } from './metrics.ts';
import { otlpSettings } from './otlp.ts';
import { redactSettings } from './redaction.ts';
import { serviceSettings } from './service.ts';
import { tracesSettings } from './traces.ts';

/** Every setting: the single source of validation, environment variables and the reference documentation. */
export const settings: SettingsTable<Config> = {
  ...serviceSettings,
  redact: redactSettings,
  ...instrumentationSettings,
  traces: tracesSettings,
  logs: logsSettings,
  metrics: metricsSettings,
  otlp: otlpSettings,
};
