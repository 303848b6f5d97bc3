import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { RuntimeNodeInstrumentation } from '@opentelemetry/instrumentation-runtime-node';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { Config } from '../config/settings.ts';

/** The instrumentations that come with Sonde, and those that the user adds. */
export function createInstrumentations(config: Config): Instrumentation[] {
  return [
    new HttpInstrumentation(),
    new UndiciInstrumentation(),
    ...(config['metrics.runtime'] ? [new RuntimeNodeInstrumentation()] : []),
    ...(config.instrumentations ?? []),
  ];
}
