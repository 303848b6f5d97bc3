import { type LoggerProvider, logs, metrics, trace } from '@opentelemetry/api';
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { Sampler, SpanProcessor } from '@opentelemetry/sdk-trace';

import { withConvertedValues } from './converting-logger.ts';
import type { Guard } from '@sonde/sdk';

/** A provider as upstream builds it, by upstream's own names for its parts. */
interface BuiltProvider {
  forceFlush?(): Promise<void>;
  readonly _activeSpanProcessor?: { readonly _spanProcessors?: SpanProcessor[] };
  readonly _tracerOptions?: { sampler: Sampler };
  readonly _sharedState?: { readonly processors?: LogRecordProcessor[] };
}

/** What the API puts in front of a provider. */
interface Proxy {
  getDelegate?: (this: Proxy) => object;
  _getDelegate?: (this: Proxy) => object;
}

function getDelegate(provider: object): BuiltProvider {
  const proxy: Proxy = provider;
  const { getDelegate: publicGetter, _getDelegate: hiddenGetter } = proxy;
  return (publicGetter ?? hiddenGetter)?.call(proxy) ?? provider;
}

/** What sees spans, and what decides which. */
export interface Tracing {
  readonly processors: readonly SpanProcessor[];
  readonly sampler: Sampler;
}

/**
 * Changes what the registered tracer provider was built with, before it makes its first tracer.
 *
 * @throws when it is none that is known
 */
export function patchTracerProvider(change: (built: Tracing) => Tracing): void {
  const provider = getDelegate(trace.getTracerProvider());
  // Where the API's own stands in, nothing is traced.
  if (provider.forceFlush === undefined) return;
  const { _activeSpanProcessor: active, _tracerOptions: options } = provider;
  const { _spanProcessors: processors } = active ?? {};
  if (processors === undefined || options === undefined) throw new Error('the tracer provider is not known');
  const changed = change({ processors: [...processors], sampler: options.sampler });
  processors.splice(0, processors.length, ...changed.processors);
  options.sampler = changed.sampler;
}

/**
 * Puts processors before those that the registered logger provider was built with.
 *
 * @throws when it is none that is known
 */
export function prependLogProcessors(first: readonly LogRecordProcessor[]): void {
  const provider = getDelegate(logs.getLoggerProvider());
  if (provider.forceFlush === undefined) return;
  const processors = provider._sharedState?.processors;
  if (processors === undefined) throw new Error('the logger provider is not known');
  processors.unshift(...first);
}

/** Makes the registered logger provider take values of every type. */
export function convertLogging(guard: Guard): void {
  const provider = getDelegate(logs.getLoggerProvider());
  if (provider.forceFlush !== undefined) withConvertedValues(provider as unknown as LoggerProvider, guard);
}

/** Flushes all providers that are registered. Never rejects. */
export async function flushAll(): Promise<void> {
  const providers = [trace.getTracerProvider(), logs.getLoggerProvider(), metrics.getMeterProvider()];
  await Promise.allSettled(providers.map(async (provider) => getDelegate(provider).forceFlush?.()));
}
