import { trace, type TracerProvider } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { Sonde } from '../sonde.ts';
import { guardedFor } from './guarded.ts';

/** The part of a provider that the instrumentation of AWS Lambda calls before it hands on what a handler returned. */
interface FlushableProvider extends TracerProvider {
  forceFlush(): Promise<void>;
}

/**
 * Lets a handler on AWS Lambda return when all signals were sent: the platform freezes the process then. The
 * instrumentation itself flushes spans and metrics, of the providers that were registered when it was.
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
