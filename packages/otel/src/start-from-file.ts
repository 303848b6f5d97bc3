import { basename } from 'node:path';
import { metrics } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type * as NodeSdk from '@opentelemetry/sdk-node';
import type { Config } from './config/settings.ts';
import { handleBeforeExit } from './exit/before-exit.ts';
import { OpenSpans } from './exit/open-spans.ts';
import { handleSignals } from './exit/signals.ts';
import { registerEach } from './instrument/instrumentations.ts';
import { flushAfterHandlers } from './instrument/lambda-flush.ts';
import { meterProvider } from './metrics/meter-provider.ts';
import { ownRequire } from './own-require.ts';
import { Activity } from './pipeline/activity.ts';
import { changeTracing, convertLogging, flushAll, prependLogging } from './pipeline/built-providers.ts';
import { keep, wantsToKeep } from './pipeline/keep.ts';
import { RedactedLogs } from './redact/redacted-logs.ts';
import { RedactedSpans } from './redact/redacted-spans.ts';
import { chooseRedactor } from './redact/redactor-choice.ts';
import { flows, reportLosses } from './report/flow.ts';
import { lossGuard } from './report/loss-guard.ts';
import { reportFile } from './report/start-up-line.ts';
import { Pipeline, type Sonde } from './sonde.ts';

/** Puts what is not the file's to say between the application and what the file describes. */
function complete(config: Config, activity: Activity, openSpans: OpenSpans): void {
  const redactor = chooseRedactor(config);
  changeTracing(({ processors, sampler }) => {
    if (processors.length === 0) return { processors, sampler };
    const keeping = wantsToKeep(config) ? keep(config, sampler, processors) : undefined;
    const exits = keeping === undefined ? processors : [keeping];
    const clean = redactor === undefined ? exits : [new RedactedSpans(redactor, exits)];
    return { processors: [activity, openSpans, ...clean], sampler: keeping ?? sampler };
  });
  const clean = redactor === undefined ? [] : [new RedactedLogs(redactor)];
  convertLogging(lossGuard(flows.records));
  prependLogging([activity, ...clean]);
}

/**
 * Starts what a declarative configuration file describes, by upstream's own reader. Instrumentations, early
 * instruments, redaction, the traces to keep and the flush at exit work as ever; where telemetry goes, and which part
 * of the traces is sampled, is the file's alone.
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
  const { startNodeSDK } = ownRequire()('@opentelemetry/sdk-node') as typeof NodeSdk;
  const sdk = startNodeSDK();
  // After the providers, so that metrics of the instrumentations reach them.
  registerEach(instrumentations);
  const activity = new Activity();
  const openSpans = new OpenSpans();
  complete(config, activity, openSpans);
  const redactor = chooseRedactor(config);
  meterProvider().setDelegate(
    metrics.getMeterProvider(),
    redactor && ((attributes) => redactor.attributes(attributes)),
  );

  const stage = { forceFlush: flushAll, shutdown: (): Promise<void> => sdk.shutdown() };
  const onShutdown = (): void => ends.forEach((end) => end());
  const pipeline = new Pipeline([stage], config['exit.timeoutMs'], { onShutdown });
  flushAfterHandlers(instrumentations, pipeline);
  const ends = [
    handleSignals(pipeline, () => openSpans.endAll()),
    handleBeforeExit(pipeline, () => activity.take()),
    reportLosses,
  ];
  reportFile(basename(file));
  return pipeline;
}
