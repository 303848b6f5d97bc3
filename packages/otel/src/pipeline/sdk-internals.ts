import { type LoggerProvider, logs, metrics, trace, type TracerProvider } from '@opentelemetry/api';
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { Sampler, SpanLimits, SpanProcessor } from '@opentelemetry/sdk-trace';

import { withConvertedValues } from './converting-logger.ts';
import { withGuardedSpans } from './guarded-spans.ts';
import type { DropCounter } from '@sonde/sdk';

/** The private members of the upstream providers that this file uses. */
interface BuiltProvider {
  forceFlush?(): Promise<void>;
  readonly _activeSpanProcessor?: { readonly _spanProcessors?: SpanProcessor[] };
  readonly _tracerOptions?: { sampler: Sampler; readonly spanLimits?: SpanLimits };
  readonly _sharedState?: { readonly processors?: LogRecordProcessor[] };
}

/** The proxy of the API for a provider. */
interface Proxy {
  getDelegate?: (this: Proxy) => object;
  _getDelegate?: (this: Proxy) => object;
}

function getDelegate(provider: object): BuiltProvider {
  const proxy: Proxy = provider;
  const { getDelegate: publicGetter, _getDelegate: hiddenGetter } = proxy;
  return (publicGetter ?? hiddenGetter)?.call(proxy) ?? provider;
}

/** The processors and the sampler of a tracer provider. */
export interface Tracing {
  readonly processors: readonly SpanProcessor[];
  readonly sampler: Sampler;
}

/**
 * Changes the processors and the sampler of the registered tracer provider. Must run before it creates a tracer.
 *
 * @throws if the provider does not have the expected private members
 */
export function patchTracerProvider(change: (built: Tracing) => Tracing): void {
  const provider = getDelegate(trace.getTracerProvider());
  // The no-op provider of the API has no `forceFlush`.
  if (provider.forceFlush === undefined) return;
  const { _activeSpanProcessor: active, _tracerOptions: options } = provider;
  const { _spanProcessors: processors } = active ?? {};
  if (processors === undefined || options === undefined) throw new Error('unknown tracer provider');
  const changed = change({ processors: [...processors], sampler: options.sampler });
  processors.splice(0, processors.length, ...changed.processors);
  options.sampler = changed.sampler;
}

/**
 * Inserts processors before those of the registered logger provider.
 *
 * @throws if the provider does not have the expected private members
 */
export function prependLogProcessors(first: readonly LogRecordProcessor[]): void {
  const provider = getDelegate(logs.getLoggerProvider());
  if (provider.forceFlush === undefined) return;
  const processors = provider._sharedState?.processors;
  if (processors === undefined) throw new Error('unknown logger provider');
  processors.unshift(...first);
}

/** Makes the registered tracer provider, and its spans, accept values of every type. Must run before it creates a tracer. */
export function guardTracing(dropCounter: DropCounter): void {
  const provider = getDelegate(trace.getTracerProvider());
  if (provider.forceFlush === undefined) return;
  const { _tracerOptions: options } = provider;
  withGuardedSpans(provider as unknown as TracerProvider, dropCounter, options?.spanLimits);
}

/** Makes the registered logger provider accept values of every type. */
export function convertLogging(dropCounter: DropCounter): void {
  const provider = getDelegate(logs.getLoggerProvider());
  if (provider.forceFlush !== undefined)
    withConvertedValues(provider as unknown as LoggerProvider, dropCounter);
}

/** Flushes all registered providers. Never rejects. */
export async function flushAll(): Promise<void> {
  const providers = [trace.getTracerProvider(), logs.getLoggerProvider(), metrics.getMeterProvider()];
  await Promise.allSettled(providers.map(async (provider) => getDelegate(provider).forceFlush?.()));
}
