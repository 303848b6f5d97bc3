import type { Span } from '@opentelemetry/sdk-trace';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { ProxyMeterProvider } from '@sonde/exporters';
import type { LeanLoggerProvider, LeanMeterProvider, LeanTracerProvider } from '@sonde/sdk';
import type { LoggerState } from './api/logger-state.ts';
import type { Sonde } from './sonde.ts';
import type { Memory } from './testing/memory.ts';

/** Kept when a pipeline is shut down, so that the next one connects everything that the application holds already. */
export interface RestartState {
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

/** What one process has once, however many copies of this package it loads (a CommonJS and an ES module build). */
export interface State {
  /** The running set-up; undefined before `start()`. */
  sonde: Sonde | undefined;
  readonly restart: RestartState;
  /** The spans that are open; `sonde dev` shows them. Undefined before `start()`. */
  openSpans: { list(): readonly Span[] } | undefined;
  /** The provider of meters, made when the first instrument or `start()` needs it. */
  meterProvider: ProxyMeterProvider | undefined;
  /** The sources of all loggers by name. */
  readonly loggers: Map<string, LoggerState>;
  /** The level of every logger without one of its own: the least severity that passes. */
  rootSeverity: number;
  /** Levels by logger name, each for the dotted names below it too. */
  severities: ReadonlyMap<string, number>;
  /** Errors that a span has recorded, and the span around that one, which need not record them again. */
  readonly recordedErrors: WeakMap<object, object | undefined>;
  /** Whether another SDK was started after Sonde; its instrumentations may be in place beside ours. */
  isOtherSdkRefused: boolean;
  /** The keys of the notices that were given. */
  readonly notices: Set<string>;
  /** What `startTesting()` keeps telemetry in; undefined before its first call. */
  memory: Memory | undefined;
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
    loggers: new Map(),
    rootSeverity: 9,
    severities: new Map(),
    recordedErrors: new WeakMap(),
    isOtherSdkRefused: false,
    notices: new Set(),
    memory: undefined,
  };
}

/** The process-wide state, made by whichever copy of the package comes first. */
export const state: State = ((globalThis as { [key]?: State })[key] ??= create());
