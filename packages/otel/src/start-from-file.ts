import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { logs, metrics, trace } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type * as NodeSdk from '@opentelemetry/sdk-node';
import type { Config } from './config/settings.ts';
import { handleBeforeExit } from './exit/before-exit.ts';
import { handleSignals } from './exit/signals.ts';
import { meterProvider } from './metrics/meter-provider.ts';
import { reportLosses } from './report/flow.ts';
import { reportFile } from './report/start-up-line.ts';
import { Pipeline, type Sonde } from './sonde.ts';

const load = createRequire(import.meta.url);

/** A registered provider, or the proxy that the API puts in front of it. */
interface Provider {
  getDelegate?(): Provider | undefined;
  forceFlush?(): Promise<void>;
}

async function flush(provider: Provider): Promise<void> {
  const registered = provider.getDelegate?.() ?? provider;
  await registered.forceFlush?.();
}

const providers = (): Provider[] => [
  trace.getTracerProvider() as Provider,
  logs.getLoggerProvider() as Provider,
  metrics.getMeterProvider() as Provider,
];

/**
 * Starts what a declarative configuration file describes, by upstream's own reader. Instrumentations, early
 * instruments and the flush at exit work as ever; where telemetry goes is the file's alone.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk/#declarative-configuration
 */
export function startFromFile(
  file: string,
  config: Config,
  instrumentations: readonly Instrumentation[],
): Sonde {
  // Upstream reads the name of the file from the environment alone.
  process.env['OTEL_CONFIG_FILE'] = file;
  // Loaded only here, with YAML, gRPC and all exporters that a file can name.
  const { startNodeSDK } = load('@opentelemetry/sdk-node') as typeof NodeSdk;
  const sdk = startNodeSDK({ instrumentations: [...instrumentations] });
  // Upstream registers the instrumentations before the provider and never tells them: their metrics would be lost.
  for (const instrumentation of instrumentations) {
    instrumentation.setMeterProvider?.(metrics.getMeterProvider());
  }
  meterProvider().setDelegate(metrics.getMeterProvider());

  const stage = {
    forceFlush: async (): Promise<void> => void (await Promise.allSettled(providers().map(flush))),
    shutdown: (): Promise<void> => sdk.shutdown(),
  };
  const onShutdown = (): void => ends.forEach((end) => end());
  const pipeline = new Pipeline([stage], config['exit.timeoutMs'], { onShutdown });
  let flushed = false;
  const ends = [
    handleSignals(pipeline, () => {}),
    handleBeforeExit(pipeline, () => {
      const first = !flushed;
      flushed = true;
      return first;
    }),
    reportLosses,
  ];
  reportFile(basename(file));
  return pipeline;
}
