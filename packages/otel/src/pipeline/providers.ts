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
import { deliveryStats } from '../diagnostics/delivery-stats.ts';
import { reportScopes } from '../diagnostics/names.ts';
import { lossGuard } from '../diagnostics/loss-guard.ts';
import { withConvertedValues } from './converting-logger.ts';
import { propagatorFromEnvironment } from './environment-propagator.ts';
import { isRegistered, registeredSignals, reportOther } from './other-sdk.ts';
import { state } from '../state.ts';
import {
  defaultValueLengthLimit,
  enableContextEntry,
  HeadSampler,
  LeanLoggerProvider,
  LeanTracerProvider,
} from '@sonde/sdk';

/** What the providers of traces and logs are made of. */
export interface ProviderParts {
  readonly engine: EngineName;
  readonly resource: Resource;
  readonly instrumentations: readonly Instrumentation[];
  /** None leaves tracing off. */
  readonly spanProcessors: readonly SpanProcessor[];
  /** None leaves logging off. */
  readonly logRecordProcessors: readonly LogRecordProcessor[];
  /** @default what `OTEL_TRACES_SAMPLER` names */
  readonly sampler: Sampler | undefined;
  /** @default those that `OTEL_PROPAGATORS` names */
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
  // True of the samplers that options and environment can name.
  const leanOptions = {
    ...options,
    samplerLooksAtAttributes: false,
    guard: lossGuard(deliveryStats.spans),
    onNameLimit: (limit: number): void => reportScopes('tracers', limit),
  };
  restart.tracerProvider?.restart(leanOptions);
  if (engine === 'lean') restart.tracerProvider ??= new LeanTracerProvider(leanOptions);
  const provider = restart.tracerProvider ?? new TracerProvider(options);
  if (!isRegistered('trace') && !registerTracerProvider(provider)) reportOther('traces');
}

function registerLogging({ engine, resource, logRecordProcessors }: ProviderParts): void {
  const { restart } = state;
  if (logRecordProcessors.length === 0) {
    restart.loggerProvider?.restart({});
    return;
  }
  const guard = lossGuard(deliveryStats.records);
  const options = {
    resource,
    processors: [...logRecordProcessors],
    logRecordLimits: logRecordLimitsFromEnvironment(),
  };
  const leanOptions = {
    ...options,
    guard,
    onNameLimit: (limit: number): void => reportScopes('loggers', limit),
  };
  restart.loggerProvider?.restart(leanOptions);
  if (engine === 'lean') restart.loggerProvider ??= new LeanLoggerProvider(leanOptions);
  const provider = restart.loggerProvider ?? withConvertedValues(new LoggerProvider(options), guard);
  if (!isRegistered('logs') && !registerLoggerProvider(provider)) reportOther('logs');
}

/**
 * Registers the providers of traces and logs, context and propagation, as upstream's `NodeSDK` does, and without
 * what that loads for the case that somebody uses it: gRPC, YAML, Zipkin.
 */
export function registerProviders(parts: ProviderParts): void {
  const { context, diag, propagation } = applicationApi();
  const level = diagLevelFromEnvironment();
  const suppressOverrideMessage = isRegistered('trace') || isRegistered('logs');
  if (level !== undefined) {
    diag.setLogger(new DiagConsoleLogger(), { logLevel: level, suppressOverrideMessage });
  }
  registerEach(parts.instrumentations);
  // Who registered the provider of traces has registered these too, or has chosen not to.
  if (!registeredSignals().has('traces')) {
    if (!isRegistered('context')) {
      const contextManager = new AsyncLocalStorageContextManager().enable();
      if (context.setGlobalContextManager(contextManager)) enableContextEntry(contextManager);
    }
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
