import { DiagConsoleLogger, DiagLogLevel, type TextMapPropagator } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator } from '@opentelemetry/core';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { Resource } from '@opentelemetry/resources';
import { LoggerProvider, type LogRecordProcessor } from '@opentelemetry/sdk-logs';
import { type Sampler, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { applicationApi, registerLoggerProvider, registerTracerProvider, unregister } from './api-copy.ts';
import { environmentCount, environmentWord, reportVariable } from '../config/environment.ts';
import type { EngineName } from '../options.ts';

import { registerEach } from '../instrumentation/instrumentations.ts';
import { deliveryStats } from '../diagnostics/delivery-stats.ts';
import { reportScopes } from '../diagnostics/names.ts';
import { lossGuard } from '../diagnostics/loss-guard.ts';
import { withConvertedValues } from './converting-logger.ts';
import { propagatorFromEnvironment } from './environment-propagator.ts';
import { samplerFromEnvironment } from '../sampling/environment-sampler.ts';
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

/** The variables of each limit without their `OTEL_`: the signal's own wins over the one for all signals. */
const spanLimits = {
  attributeCountLimit: ['SPAN_ATTRIBUTE_COUNT_LIMIT', 'ATTRIBUTE_COUNT_LIMIT'],
  attributeValueLengthLimit: ['SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'ATTRIBUTE_VALUE_LENGTH_LIMIT'],
  eventCountLimit: ['SPAN_EVENT_COUNT_LIMIT'],
  linkCountLimit: ['SPAN_LINK_COUNT_LIMIT'],
  attributePerEventCountLimit: ['SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT'],
  attributePerLinkCountLimit: ['SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT'],
} as const;
const logRecordLimits = {
  attributeCountLimit: ['LOGRECORD_ATTRIBUTE_COUNT_LIMIT', 'ATTRIBUTE_COUNT_LIMIT'],
  attributeValueLengthLimit: ['LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'ATTRIBUTE_VALUE_LENGTH_LIMIT'],
} as const;

/** The limits that are set in the environment. */
function limitsFromEnvironment<Name extends string>(
  variables: Readonly<Record<Name, readonly string[]>>,
): { [Limit in Name]?: number } {
  const limits: { [Limit in Name]?: number } = {};
  for (const limit of Object.keys(variables) as Name[]) {
    for (const variable of variables[limit]) {
      const value = limits[limit] ?? environmentCount(`OTEL_${variable}`);
      if (value !== undefined) limits[limit] = value;
    }
  }
  return limits;
}

/** How much OpenTelemetry says of itself, by `OTEL_LOG_LEVEL`; undefined for nothing. */
function diagLevelFromEnvironment(): DiagLogLevel | undefined {
  const variable = 'OTEL_LOG_LEVEL';
  const word = environmentWord(variable)?.toUpperCase();
  if (word === undefined) return undefined;
  const levels: Readonly<Record<string, DiagLogLevel | string>> = DiagLogLevel;
  const level = Object.hasOwn(levels, word) ? levels[word] : undefined;
  if (typeof level === 'number') return level;
  reportVariable(variable, 'one of none, error, warn, info, debug, verbose, all');
  return undefined;
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
    spanLimits: { attributeValueLengthLimit: defaultValueLengthLimit, ...limitsFromEnvironment(spanLimits) },
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
    logRecordLimits: limitsFromEnvironment(logRecordLimits),
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
