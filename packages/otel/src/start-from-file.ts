import { basename } from 'node:path';
import { metrics } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type * as NodeSdk from '@opentelemetry/sdk-node';
import type { Config } from './config/config.ts';
import { setEnvironmentVariable } from './config/environment.ts';
import { handleBeforeExit } from './shutdown/before-exit.ts';
import { UnendedSpans } from './shutdown/unended-spans.ts';
import { handleSignals } from './shutdown/signals.ts';
import { registerEach } from './instrumentation/instrumentations.ts';
import { flushAfterHandlers } from './instrumentation/lambda-flush.ts';
import { meterProvider } from './api/meter-provider.ts';
import { ActivityTracker } from './pipeline/activity-tracker.ts';
import {
  patchTracerProvider,
  convertLogging,
  guardTracing,
  flushAll,
  prependLogProcessors,
} from './pipeline/sdk-internals.ts';
import { createTailSampler, usesTailSampling } from './sampling/tail-sampling.ts';
import { RedactingLogRecordProcessor } from './redaction/redacting-log-record-processor.ts';
import { RedactingSpanProcessor } from './redaction/redacting-span-processor.ts';
import { createRedactor } from './redaction/create-redactor.ts';
import { deliveryStats, createDropCounter, reportLosses } from './diagnostics/delivery-stats.ts';
import { reportFile } from './diagnostics/start-up-line.ts';
import { Pipeline, type Sonde } from './sonde.ts';
import { ownRequire } from '@sonde/sdk';

/** Adds redaction, tail sampling and tracking to the pipeline that the file describes. */
function extendPipeline(
  { redact, traces: { sampling } }: Pick<Config, 'redact' | 'traces'>,
  activity: ActivityTracker,
  openSpans: UnendedSpans,
): void {
  const redactor = createRedactor(redact);
  patchTracerProvider(({ processors, sampler }) => {
    if (processors.length === 0) return { processors, sampler };
    const keeping = usesTailSampling(sampling) ? createTailSampler(sampling, sampler, processors) : undefined;
    const exits = keeping === undefined ? processors : [keeping];
    const clean = redactor === undefined ? exits : [new RedactingSpanProcessor(redactor, exits)];
    return { processors: [activity, openSpans, ...clean], sampler: keeping ?? sampler };
  });
  guardTracing(createDropCounter(deliveryStats.spans));
  const clean = redactor === undefined ? [] : [new RedactingLogRecordProcessor(redactor)];
  convertLogging(createDropCounter(deliveryStats.records));
  prependLogProcessors([activity, ...clean]);
}

/** Loads upstream's SDK, which is an optional dependency: it brings YAML, gRPC and all exporters that a file can name. */
function loadNodeSdk(): typeof NodeSdk {
  const name = '@opentelemetry/sdk-node';
  try {
    return ownRequire()(name) as typeof NodeSdk;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException | null)?.code !== 'MODULE_NOT_FOUND') throw cause;
    throw new Error(`OTEL_CONFIG_FILE needs ${name}, which is not installed: npm install ${name}`, { cause });
  }
}

/**
 * Starts the pipeline that a declarative configuration file describes, with upstream's own reader. Instrumentations,
 * early instruments, redaction, tail sampling and the flush at exit work as without a file; the file alone decides on
 * exporters and head sampling.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk/#declarative-configuration
 */
export function startFromFile(
  file: string,
  config: Pick<Config, 'redact' | 'traces' | 'exit'>,
  instrumentations: readonly Instrumentation[],
): Sonde {
  // Upstream reads the name of the file only from the environment.
  setEnvironmentVariable('OTEL_CONFIG_FILE', file);
  const sdk = loadNodeSdk().startNodeSDK();
  // After the providers are registered, so that the instrumentations use their meters.
  registerEach(instrumentations);
  const activity = new ActivityTracker();
  const openSpans = new UnendedSpans();
  extendPipeline(config, activity, openSpans);
  const redactor = createRedactor(config.redact);
  meterProvider().setDelegate(
    metrics.getMeterProvider(),
    redactor && ((attributes) => redactor.attributes(attributes)),
  );

  const stage = { forceFlush: flushAll, shutdown: (): Promise<void> => sdk.shutdown() };
  const release = (): void => ends.forEach((end) => end());
  const pipeline = new Pipeline([stage], config.exit.timeoutMs, { release });
  flushAfterHandlers(instrumentations, pipeline);
  const ends = [
    handleSignals(pipeline, () => openSpans.endAll()),
    handleBeforeExit(pipeline, () => activity.consumeDirty()),
    reportLosses,
  ];
  reportFile(basename(file));
  return pipeline;
}
