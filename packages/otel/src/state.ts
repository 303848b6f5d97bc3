import type { Logger } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { IMetricReader } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan, Span } from '@opentelemetry/sdk-trace';
import type { ProxyMeterProvider } from '@sonde/exporters';
import type { LeanLoggerProvider, LeanMeterProvider, LeanTracerProvider } from '@sonde/sdk';
import type { Sonde } from './sonde.ts';
import type { MetricMemory } from './testing/metric.ts';

/** Kept when a pipeline is shut down, so that the next one connects everything that the application holds already. */
interface RestartState {
  /** False after a start on the standard engine or from a configuration file: their providers cannot be restarted. */
  isRestartable: boolean;
  tracerProvider: LeanTracerProvider | undefined;
  loggerProvider: LeanLoggerProvider | undefined;
  meterProvider: LeanMeterProvider | undefined;
  /** Started and never stopped: a patched module cannot be patched back. */
  readonly instrumentations: Instrumentation[];
  /** The short names of those that Sonde created. */
  readonly instrumentationNames: Set<string>;
  /** The API's globals that Sonde registered, by their names there. */
  registered: Readonly<Record<string, unknown>>;
}

/** The state shared by all loggers of one name. */
export interface LoggerState {
  readonly name: string;
  readonly api: Logger;
  /** The minimum severity number of emitted records. */
  severity: number;
}

/** The telemetry that `startTesting()` records, and its registration with the API. */
export interface TestMemory {
  readonly metrics: MetricMemory;
  readonly spans: ReadableSpan[];
  readonly logs: ReadableLogRecord[];
  /** Returns false if other providers are registered, or these already are. */
  register(): boolean;
  unregister(): void;
  /** Removes all spans and log records. */
  clear(): void;
}

/** The state of the process, shared by all copies of this package (a CommonJS and an ES module build). */
export interface State {
  /** The handle of the last `start()`; undefined before it. */
  sonde: Sonde | undefined;
  readonly restart: RestartState;
  /** The spans that are open; `sonde dev` shows them. Undefined before `start()`. */
  openSpans: { list(): readonly Span[] } | undefined;
  /** The meter provider, created when the first instrument or `start()` needs it. */
  meterProvider: ProxyMeterProvider | undefined;
  /** The metric readers of the pipeline, each of which has its own intervals. */
  metricReaders: readonly IMetricReader[];
  /** The state of all loggers by name. */
  readonly loggers: Map<string, LoggerState>;
  /** The lowest severity that passes, for loggers without a level of their own. */
  rootSeverity: number;
  /** Levels by logger name; each one applies to the dotted names below it too. */
  severities: ReadonlyMap<string, number>;
  /** Errors that a span has recorded, and its parent span, which need not record them again. */
  readonly recordedErrors: WeakMap<object, object | undefined>;
  /** Whether another SDK was started after Sonde; its instrumentations may be active in addition to ours. */
  isOtherSdkRefused: boolean;
  /** The keys of the warnings that were printed. */
  readonly notices: Set<string>;
  /** The memory of `startTesting()`; undefined before its first call. */
  memory: TestMemory | undefined;
}

const key = Symbol.for('@sonde/otel');

function create(): State {
  return {
    sonde: undefined,
    restart: {
      isRestartable: true,
      tracerProvider: undefined,
      loggerProvider: undefined,
      meterProvider: undefined,
      instrumentations: [],
      instrumentationNames: new Set(),
      registered: {},
    },
    openSpans: undefined,
    meterProvider: undefined,
    metricReaders: [],
    loggers: new Map(),
    rootSeverity: 9,
    severities: new Map(),
    recordedErrors: new WeakMap(),
    isOtherSdkRefused: false,
    notices: new Set(),
    memory: undefined,
  };
}

/** The process-wide state, created by the first copy of the package. */
export const state: State = ((globalThis as { [key]?: State })[key] ??= create());
