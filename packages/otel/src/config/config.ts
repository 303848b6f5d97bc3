import type { SondeOptions } from '../options.ts';
import type { GroupName } from './setting.ts';

/** Options without a default: they may be undefined in the configuration. */
type WithoutDefault =
  | 'agent'
  | 'configFile'
  | 'serviceName'
  | 'serviceVersion'
  | 'resource'
  | 'propagators'
  | 'instrumentations'
  | 'enabled'
  | 'ratio'
  | 'keep'
  | 'spanProcessors'
  | 'levels'
  | 'console'
  | 'logRecordProcessors'
  | 'views'
  | 'expireAfterMs'
  | 'maxAgeMs'
  | 'spoolDirectory'
  | 'metricReaders';

/** The value of a group that also accepts a boolean, such as `redact: false`. */
interface Switches {
  readonly redact: { readonly isEnabled: boolean };
  /** Undefined follows `metrics.exporter`. */
  readonly prometheus: { readonly isEnabled: boolean | undefined };
}

/** Options with environment variables and defaults filled in. */
type Resolved<Options> = {
  readonly [Name in keyof Options]-?: Name extends GroupName
    ? Resolved<Extract<Options[Name], object>> & (Name extends keyof Switches ? Switches[Name] : unknown)
    : Name extends WithoutDefault
      ? Options[Name] | undefined
      : NonNullable<Options[Name]>;
};

/** The effective configuration. Each part of the pipeline receives only its own group. */
export type Config = Resolved<SondeOptions>;

export type TracesConfig = Config['traces'];
export type SamplingConfig = TracesConfig['sampling'];
export type BatchConfig = TracesConfig['batch'];
export type LogsConfig = Config['logs'];
export type MetricsConfig = Config['metrics'];
export type InstrumentationConfig = Config['instrumentation'];
export type OtlpConfig = Config['otlp'];
export type RedactConfig = Config['redact'];
export type ServiceConfig = Omit<
  Config,
  'traces' | 'logs' | 'metrics' | 'otlp' | 'redact' | 'instrumentation' | 'instrumentations'
>;
/** Options that set resource attributes. */
export type ResourceConfig = Pick<Config, 'serviceName' | 'serviceVersion' | 'resource'>;
