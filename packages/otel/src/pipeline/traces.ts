import type { Sampler, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';
import {
  BatchSpanProcessor,
  ConsoleSpanExporter,
  ParentBasedSampler,
  SimpleSpanProcessor,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import type { Config } from '../config/settings.ts';
import { choices } from './exporter-choice.ts';
import { otlpSpanExporter } from './otlp.ts';

/** The processors that carry finished spans to where the configuration wants them. */
export function spanProcessors(config: Config): SpanProcessor[] {
  const batched = (exporter: SpanExporter): SpanProcessor =>
    new BatchSpanProcessor({
      exporter,
      maxQueueSize: config['traces.batch.maxQueueSize'],
      maxExportBatchSize: Math.min(
        config['traces.batch.maxExportBatchSize'],
        config['traces.batch.maxQueueSize'],
      ),
      scheduledDelayMillis: config['traces.batch.scheduledDelayMillis'],
      exportTimeoutMillis: config['traces.batch.exportTimeoutMillis'],
    });
  const processors = [...(config['traces.spanProcessors'] ?? [])];
  for (const choice of choices<SpanExporter>(config['traces.exporter'])) {
    if (typeof choice === 'object') processors.push(batched(choice));
    else if (choice === 'otlp') processors.push(batched(otlpSpanExporter(config['traces.protocol'])));
    else if (choice === 'console') {
      processors.push(new SimpleSpanProcessor({ exporter: new ConsoleSpanExporter() }));
    }
  }
  return processors;
}

/** The sampler that the options ask for; undefined leaves it to `OTEL_TRACES_SAMPLER`. */
export function sampler(config: Config): Sampler | undefined {
  const ratio = config['traces.sampling.ratio'];
  if (ratio === undefined) return undefined;
  return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
}
