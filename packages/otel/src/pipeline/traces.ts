import type { ReadableSpan, Sampler, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';
import { SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { ConsoleSpanExporter } from '@sonde/exporters';
import { HeadSampler } from '@sonde/sdk';
import type { RedactConfig, SamplingConfig, TracesConfig } from '../config/config.ts';
import { deliveryStats } from '../diagnostics/delivery-stats.ts';
import { observeExporter } from '../diagnostics/observed-exporter.ts';
import type { ExporterName } from '../options.ts';
import { createRedactor } from '../redaction/create-redactor.ts';
import { RedactingSpanProcessor } from '../redaction/redacting-span-processor.ts';
import { SpanRedaction } from '../redaction/span-redaction.ts';
import { samplingFromEnvironment } from '../config/sdk-environment.ts';
import { createTailSampler, usesTailSampling } from '../sampling/tail-sampling.ts';
import type { ExitHandle } from '../shutdown/exit-handle.ts';
import { BatchSpanProcessor } from './batch-processors.ts';
import { BatchQueue } from './batch-queue.ts';
import { exporterName, type ExporterSelection, toExporterList } from './exporter-list.ts';
import { createOtlpSpanExporter, type OtlpDelivery, otlpDestination } from './otlp.ts';

/** The processors of spans, their sampler and their exit handle. */
export interface TracePipelineParts extends ExitHandle {
  /** Empty if no exporter or processor receives spans. */
  readonly processors: readonly SpanProcessor[];
  /** The sampler of the options; if undefined, `OTEL_TRACES_SAMPLER` selects it. */
  readonly sampler: Sampler | undefined;
}

/**
 * Creates the pipeline of spans. An ended span passes, in this order:
 *
 * 1. `first`: tracking of activity and of spans that have not ended
 * 2. the processors of the application, after redaction
 * 3. the tail sampler, if rules keep traces that the head sampler does not
 * 4. for each exporter a batch processor, whose queue redacts and encodes; the console exporter receives each span when
 *    it ends, after redaction
 * 5. the observed exporter, which counts results and reports failures
 * 6. the exporter, which encodes; the one for OTLP adds the request to the delivery queue
 */
export function createTracePipeline(
  config: TracesConfig,
  redact: RedactConfig,
  first: readonly SpanProcessor[],
  delivery: OtlpDelivery,
): TracePipelineParts {
  const redactor = createRedactor(redact);
  const redaction = redactor && new SpanRedaction(redactor);
  const redacted = (processors: readonly SpanProcessor[]): readonly SpanProcessor[] =>
    redactor === undefined || processors.length === 0
      ? processors
      : [new RedactingSpanProcessor(redactor, processors)];

  const queues: BatchQueue<ReadableSpan>[] = [];
  const exits: SpanProcessor[] = [];
  for (const selection of toExporterList<ExporterName, SpanExporter>(config.exporter)) {
    const created = createExporter(config, selection, delivery);
    if (created === undefined) continue;
    const exporter = observeExporter(created, {
      stats: deliveryStats.spans,
      destination: selection === 'otlp' ? otlpDestination('traces', config) : exporterName(selection),
      countItems: (spans) => spans.length,
    });
    if (selection === 'console') {
      exits.push(...redacted([new SimpleSpanProcessor({ exporter })]));
      continue;
    }
    const queue = new BatchQueue<ReadableSpan>(
      deliveryStats.spans,
      exporter,
      config.batch,
      redaction && ((span) => redaction.redactSpan(span)),
    );
    queues.push(queue);
    exits.push(new BatchSpanProcessor(queue));
  }

  const { processors: sampledExits, sampler } = sampleExits(config.sampling, exits);
  const processors = [...redacted(config.spanProcessors ?? []), ...sampledExits];
  return {
    processors: processors.length === 0 ? [] : [...first, ...processors],
    sampler,
    drain: () => queues.forEach((queue) => queue.drain()),
    abort: () => queues.map((queue) => queue.abort()).every(Boolean),
  };
}

function createExporter(
  config: TracesConfig,
  selection: ExporterSelection<ExporterName, SpanExporter>,
  delivery: OtlpDelivery,
): SpanExporter | undefined {
  if (selection === 'none') return undefined;
  if (selection === 'console') return new ConsoleSpanExporter();
  return selection === 'otlp' ? createOtlpSpanExporter(config.protocol, delivery) : selection;
}

/** Returns the sampler, and the exit processors or the tail sampler that wraps them. */
function sampleExits(
  sampling: SamplingConfig,
  exits: readonly SpanProcessor[],
): Pick<TracePipelineParts, 'processors' | 'sampler'> {
  const { ratio } = sampling;
  const headRatio = ratio ?? samplingFromEnvironment()?.ratio ?? 1;
  if (usesTailSampling(sampling) && headRatio < 1 && exits.length > 0) {
    const headSampler = new HeadSampler({ ratio: headRatio, isParentBased: false });
    const tailSampler = createTailSampler(sampling, headSampler, exits);
    return { processors: [tailSampler], sampler: tailSampler };
  }
  const sampler = ratio === undefined ? undefined : new HeadSampler({ ratio, isParentBased: true });
  return { processors: exits, sampler };
}
