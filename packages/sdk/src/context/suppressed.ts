import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';

/**
 * Runs `work` so that no instrumentation traces what it does, nor what follows from it: for every connection and
 * request that telemetry itself makes.
 */
export function suppressed<T>(work: () => T): T {
  return context.with(suppressTracing(ROOT_CONTEXT), work);
}
