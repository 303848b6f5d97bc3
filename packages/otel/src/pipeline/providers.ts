import { DiagConsoleLogger, type TextMapPropagator } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator } from '@opentelemetry/core';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { Resource } from '@opentelemetry/resources';
import { LoggerProvider, type LogRecordProcessor } from '@opentelemetry/sdk-logs';
import { type Sampler, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { applicationApi, registerLoggerProvider, registerTracerProvider, unregister } from './api-copy.ts';
import {
  diagLevelFromEnvironment,
  logRecordLimitsFromEnvironment,
  samplingFromEnvironment,
  spanLimitsFromEnvironment,
} from '../config/sdk-environment.ts';
import type { EngineName } from '../options.ts';

import { registerEach } from '../instrumentation/instrumentations.ts';
import { deliveryStats, createDropCounter } from '../diagnostics/delivery-stats.ts';
import { warnScopeLimit } from '../diagnostics/notice.ts';
import { withConvertedValues } from './converting-logger.ts';
import { withGuardedSpans } from './guarded-spans.ts';
import { propagatorFromEnvironment } from './environment-propagator.ts';
import { isRegistered, registeredSignals, warnAlreadyRegistered } from './other-sdk.ts';
import { state } from '../state.ts';
import {
  defaultValueLengthLimit,
  enableContextEntry,
  HeadSampler,
  LeanLoggerProvider,
  LeanTracerProvider,
} from '@sonde/sdk';

/** The configuration of the tracer and logger providers. */
export interface ProviderParts {
  readonly engine: EngineName;
  readonly resource: Resource;
  readonly instrumentations: readonly Instrumentation[];
  /** Tracing is off if there are none. */
  readonly spanProcessors: readonly SpanProcessor[];
  /** Logging is off if there are none. */
  readonly logRecordProcessors: readonly LogRecordProcessor[];
  /** @default the sampler in `OTEL_TRACES_SAMPLER` */
  readonly sampler: Sampler | undefined;
  /** @default the propagators in `OTEL_PROPAGATORS` */
  readonly propagators: readonly TextMapPropagator[] | undefined;
}

function samplerFromEnvironment(): Sampler | undefined {
  const sampling = samplingFromEnvironment();
  return sampling && new HeadSampler(sampling);
}

function registerTracing(parts: ProviderParts): void {
  const { engine, resource, spanProcessors, sampler = samplerFromEnvironment() } = parts;
  const { restart } = state;
  if (spanProcessors.length === 0) {
    restart.tracerProvider?.restart({ sampler: new HeadSampler({ ratio: 0, isParentBased: false }) });
    return;
  }
  const options = {
    resource,
    spanProcessors: [...spanProcessors],
    spanLimits: { attributeValueLengthLimit: defaultValueLengthLimit, ...spanLimitsFromEnvironment() },
    ...(sampler === undefined ? {} : { sampler }),
  };
  // The samplers that the options or the environment select do not read attributes.
  const leanOptions = {
    ...options,
    samplerLooksAtAttributes: false,
    dropCounter: createDropCounter(deliveryStats.spans),
    onNameLimit: (limit: number): void => warnScopeLimit('tracers', limit),
  };
  restart.tracerProvider?.restart(leanOptions);
  if (engine === 'lean') restart.tracerProvider ??= new LeanTracerProvider(leanOptions);
  const provider =
    restart.tracerProvider ??
    withGuardedSpans(new TracerProvider(options), leanOptions.dropCounter, options.spanLimits);
  if (!isRegistered('trace') && !registerTracerProvider(provider)) warnAlreadyRegistered('traces');
}

function registerLogging({ engine, resource, logRecordProcessors }: ProviderParts): void {
  const { restart } = state;
  if (logRecordProcessors.length === 0) {
    restart.loggerProvider?.restart({});
    return;
  }
  const dropCounter = createDropCounter(deliveryStats.records);
  const options = {
    resource,
    processors: [...logRecordProcessors],
    logRecordLimits: logRecordLimitsFromEnvironment(),
  };
  const leanOptions = {
    ...options,
    dropCounter,
    onNameLimit: (limit: number): void => warnScopeLimit('loggers', limit),
  };
  restart.loggerProvider?.restart(leanOptions);
  if (engine === 'lean') restart.loggerProvider ??= new LeanLoggerProvider(leanOptions);
  const provider = restart.loggerProvider ?? withConvertedValues(new LoggerProvider(options), dropCounter);
  if (!isRegistered('logs') && !registerLoggerProvider(provider)) warnAlreadyRegistered('logs');
}

/** Registers the context manager, unless one is registered. Only then can work of telemetry be suppressed. */
export function registerContextManager(): void {
  if (isRegistered('context')) return;
  const contextManager = new AsyncLocalStorageContextManager().enable();
  if (!applicationApi().context.setGlobalContextManager(contextManager)) return;
  state.restart.registered = { ...state.restart.registered, context: contextManager };
  enableContextEntry(contextManager);
}

/**
 * Registers the tracer and logger providers, the context manager and the propagator, as the upstream `NodeSDK` does, but
 * without loading gRPC, YAML and Zipkin.
 */
export function registerProviders(parts: ProviderParts): void {
  const { diag, propagation } = applicationApi();
  const level = diagLevelFromEnvironment();
  const suppressOverrideMessage = isRegistered('trace') || isRegistered('logs');
  if (level !== undefined) {
    diag.setLogger(new DiagConsoleLogger(), { logLevel: level, suppressOverrideMessage });
  }
  registerEach(parts.instrumentations);
  // An SDK that registered the tracer provider is also responsible for these globals.
  if (!registeredSignals().has('traces')) {
    registerContextManager();
    if (isRegistered('propagation')) unregister('propagation');
    const propagator =
      parts.propagators === undefined
        ? propagatorFromEnvironment()
        : new CompositePropagator({ propagators: [...parts.propagators] });
    if (propagator !== undefined) propagation.setGlobalPropagator(propagator);
  }
  registerTracing(parts);
  registerLogging(parts);
}
