import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';

/**
 * Runs `work` with tracing suppressed, including asynchronous work that it starts. For connections and requests that
 * telemetry itself makes.
 */
export function suppressed<T>(work: () => T): T {
  return context.with(suppressTracing(ROOT_CONTEXT), work);
}
