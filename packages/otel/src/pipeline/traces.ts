import type { ReadableSpan, Sampler, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';
import { ParentBasedSampler, SimpleSpanProcessor, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace';
import { ConsoleSpanExporter } from '@sonde/exporters';
import type { Config } from '../config/settings.ts';
import type { Leftover } from '../exit/last-export.ts';
import { BatchQueue, batchSettings } from './batch-queue.ts';
import { choices } from './exporter-choice.ts';
import { handOver, otlpSpans } from './leftovers.ts';
import { otlpSpanExporter } from './otlp.ts';
import { QueuedSpans } from './queued-processors.ts';

/** The way of spans out of the process. */
export interface SpanRoute {
  readonly processors: readonly SpanProcessor[];
  /** Gives up what has not left yet. */
  readonly takeLeftovers: () => readonly Leftover[];
}

/** Carries finished spans to where the configuration wants them. */
export function routeSpans(config: Config): SpanRoute {
  const processors = [...(config['traces.spanProcessors'] ?? [])];
  const leftovers: (() => readonly Leftover[])[] = [];
  const queueTo = (exporter: SpanExporter): BatchQueue<ReadableSpan> => {
    const queue = new BatchQueue<ReadableSpan>('spans', exporter, batchSettings(config, 'traces'));
    processors.push(new QueuedSpans(queue));
    return queue;
  };
  for (const choice of choices<SpanExporter>(config['traces.exporter'])) {
    if (choice === 'otlp') {
      const queue = queueTo(otlpSpanExporter(config['traces.protocol']));
      leftovers.push(() => otlpSpans(config['traces.protocol'], queue.drain()));
    } else if (choice === 'console') {
      processors.push(new SimpleSpanProcessor({ exporter: new ConsoleSpanExporter() }));
    } else if (choice !== 'none') {
      const queue = queueTo(choice);
      leftovers.push(() => handOver(choice, queue.drain()));
    }
  }
  return { processors, takeLeftovers: () => leftovers.flatMap((take) => take()) };
}

/** The sampler that the options ask for; undefined leaves it to `OTEL_TRACES_SAMPLER`. */
export function sampler(config: Config): Sampler | undefined {
  const ratio = config['traces.sampling.ratio'];
  if (ratio === undefined) return undefined;
  return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
}
