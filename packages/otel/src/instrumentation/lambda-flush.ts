import { trace, type TracerProvider } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { Sonde } from '../sonde.ts';
import { guardedFor } from './guarded.ts';

/** The part of a provider that the AWS Lambda instrumentation calls before it returns the result of a handler. */
interface FlushableProvider extends TracerProvider {
  forceFlush(): Promise<void>;
}

/**
 * Flushes all signals before a handler on AWS Lambda returns, because the platform then freezes the process. Without it,
 * the instrumentation flushes spans and metrics of the providers that were registered before itself.
 */
export function flushAfterHandlers(instrumentations: readonly Instrumentation[], sonde: Sonde): void {
  const provider: FlushableProvider = {
    getTracer: (...scope) => trace.getTracerProvider().getTracer(...scope),
    forceFlush: () => sonde.flush(),
  };
  for (const each of instrumentations) {
    guardedFor(each, () => {
      if (each.instrumentationName.endsWith('/instrumentation-aws-lambda')) each.setTracerProvider(provider);
    });
  }
}
