import type { ReadableSpan, Sampler, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';
import { SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { ConsoleSpanExporter } from '@sonde/exporters';
import type { Config } from '../config/settings.ts';
import type { WayOut } from '../exit/last-export.ts';
import { BatchQueue, batchSettings } from './batch-queue.ts';
import { flows } from '../report/flow.ts';
import { CleanSpans } from '../redact/clean-spans.ts';
import { RedactedSpans } from '../redact/redacted-spans.ts';
import { chooseRedactor } from '../redact/redactor-choice.ts';

import { choices } from './exporter-choice.ts';
import { samplingFromEnvironment } from './env-sampler.ts';
import { keep, wantsToKeep } from './keep.ts';
import { otlpSpanExporter } from './otlp.ts';
import { QueuedSpans } from './queued-processors.ts';
import { HeadSampler } from '@sonde/sdk';

/** The way of spans out of the process. */
export interface SpanRoute extends WayOut {
  readonly processors: readonly SpanProcessor[];
  /** What the options ask for; undefined leaves it to `OTEL_TRACES_SAMPLER`. */
  readonly sampler: Sampler | undefined;
}

/** Carries finished spans to where the configuration wants them. */
export function routeSpans(config: Config): SpanRoute {
  const exits: SpanProcessor[] = [];
  const queues: BatchQueue<ReadableSpan>[] = [];
  const redactor = chooseRedactor(config);
  const clean = redactor && new CleanSpans(redactor);
  const redacted = (processors: readonly SpanProcessor[]): readonly SpanProcessor[] =>
    redactor === undefined || processors.length === 0
      ? processors
      : [new RedactedSpans(redactor, processors)];
  const queueTo = (exporter: SpanExporter): void => {
    const settings = batchSettings(config, 'traces');
    const queue = new BatchQueue<ReadableSpan>(
      flows.spans,
      exporter,
      settings,
      clean && ((span) => clean.of(span)),
    );
    exits.push(new QueuedSpans(queue));
    queues.push(queue);
  };
  for (const choice of choices<SpanExporter>(config['traces.exporter'])) {
    if (choice === 'otlp') {
      const exporter = otlpSpanExporter(config['traces.protocol']);
      if (exporter !== undefined) queueTo(exporter);
    } else if (choice === 'console') {
      exits.push(...redacted([new SimpleSpanProcessor({ exporter: new ConsoleSpanExporter() })]));
    } else if (choice !== 'none') {
      queueTo(choice);
    }
  }
  const { processors: sampledExits, sampler } = sampled(config, exits);
  return {
    processors: [...redacted(config['traces.spanProcessors'] ?? []), ...sampledExits],
    sampler,
    takeLeftovers: () => queues.flatMap((queue) => queue.takeLeftovers()),
    giveUp: () => queues.map((queue) => queue.giveUp()).every(Boolean),
  };
}

/** The sampler that the options ask for, and what stands before the exits so that they get only what it wants. */
function sampled(config: Config, exits: readonly SpanProcessor[]): Pick<SpanRoute, 'processors' | 'sampler'> {
  const ratio = config['traces.sampling.ratio'];
  const headRatio = ratio ?? samplingFromEnvironment()?.ratio ?? 1;
  if (wantsToKeep(config) && headRatio < 1 && exits.length > 0) {
    const keeping = keep(config, new HeadSampler({ ratio: headRatio, isParentBased: false }), exits);
    return { processors: [keeping], sampler: keeping };
  }
  const sampler = ratio === undefined ? undefined : new HeadSampler({ ratio, isParentBased: true });
  return { processors: exits, sampler };
}
