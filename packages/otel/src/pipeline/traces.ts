import type { ReadableSpan, Sampler, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';
import { SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { ConsoleSpanExporter } from '@sonde/exporters';
import type { RedactConfig, SamplingConfig, TracesConfig } from '../config/config.ts';
import type { ExitHandle } from '../shutdown/exit-flush.ts';
import { BatchQueue } from './batch-queue.ts';
import { deliveryStats } from '../diagnostics/delivery-stats.ts';
import { SpanRedaction } from '../redaction/span-redaction.ts';
import { RedactingSpanProcessor } from '../redaction/redacting-span-processor.ts';
import { createRedactor } from '../redaction/create-redactor.ts';

import { toExporterList } from './exporter-list.ts';
import { samplingFromEnvironment } from '../config/sdk-environment.ts';
import { createTailSampler, usesTailSampling } from '../sampling/tail-sampling.ts';
import { otlpSpanExporter } from './otlp.ts';
import { BatchSpanProcessor } from './batch-processors.ts';
import { HeadSampler } from '@sonde/sdk';

/** The way of spans out of the process. */
export interface TracePipelineParts extends ExitHandle {
  readonly processors: readonly SpanProcessor[];
  /** What the options ask for; undefined leaves it to `OTEL_TRACES_SAMPLER`. */
  readonly sampler: Sampler | undefined;
}

/** Carries finished spans to where the configuration wants them. */
export function createTracePipeline(config: TracesConfig, redact: RedactConfig): TracePipelineParts {
  const exits: SpanProcessor[] = [];
  const queues: BatchQueue<ReadableSpan>[] = [];
  const redactor = createRedactor(redact);
  const clean = redactor && new SpanRedaction(redactor);
  const redacted = (processors: readonly SpanProcessor[]): readonly SpanProcessor[] =>
    redactor === undefined || processors.length === 0
      ? processors
      : [new RedactingSpanProcessor(redactor, processors)];
  const queueTo = (exporter: SpanExporter): void => {
    const queue = new BatchQueue<ReadableSpan>(
      deliveryStats.spans,
      exporter,
      config.batch,
      clean && ((span) => clean.redactSpan(span)),
    );
    exits.push(new BatchSpanProcessor(queue));
    queues.push(queue);
  };
  for (const choice of toExporterList<SpanExporter>(config.exporter)) {
    if (choice === 'otlp') {
      const exporter = otlpSpanExporter(config.protocol);
      if (exporter !== undefined) queueTo(exporter);
    } else if (choice === 'console') {
      exits.push(...redacted([new SimpleSpanProcessor({ exporter: new ConsoleSpanExporter() })]));
    } else if (choice !== 'none') {
      queueTo(choice);
    }
  }
  const { processors: sampledExits, sampler } = createSampler(config.sampling, exits);
  return {
    processors: [...redacted(config.spanProcessors ?? []), ...sampledExits],
    sampler,
    drain: () => queues.flatMap((queue) => queue.drain()),
    abort: () => queues.map((queue) => queue.abort()).every(Boolean),
  };
}

/** The sampler that the options ask for, and what stands before the exits so that they get only what it wants. */
function createSampler(
  sampling: SamplingConfig,
  exits: readonly SpanProcessor[],
): Pick<TracePipelineParts, 'processors' | 'sampler'> {
  const ratio = sampling.ratio;
  const headRatio = ratio ?? samplingFromEnvironment()?.ratio ?? 1;
  if (usesTailSampling(sampling) && headRatio < 1 && exits.length > 0) {
    const keeping = createTailSampler(
      sampling,
      new HeadSampler({ ratio: headRatio, isParentBased: false }),
      exits,
    );
    return { processors: [keeping], sampler: keeping };
  }
  const sampler = ratio === undefined ? undefined : new HeadSampler({ ratio, isParentBased: true });
  return { processors: exits, sampler };
}
