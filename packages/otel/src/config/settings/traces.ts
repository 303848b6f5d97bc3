import type { SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { OtlpProtocol } from '../../options.ts';
import { type Definitions, given, ratio } from '../setting.ts';
import { batch, exporter, type ExporterChoice, has, listOf, protocol } from './shapes.ts';

const { maxQueueSize, maxExportBatchSize, scheduledDelayMillis, exportTimeoutMillis } = batch(
  'spans',
  'OTEL_BSP',
  5000,
);

export interface TraceConfig {
  readonly 'traces.exporter': ExporterChoice<SpanExporter>;
  readonly 'traces.protocol': OtlpProtocol;
  readonly 'traces.sampling.ratio': number | undefined;
  readonly 'traces.spanProcessors': readonly SpanProcessor[] | undefined;
  readonly 'traces.batch.maxQueueSize': number;
  readonly 'traces.batch.maxExportBatchSize': number;
  readonly 'traces.batch.scheduledDelayMillis': number;
  readonly 'traces.batch.exportTimeoutMillis': number;
}

export const traceSettings: Definitions<TraceConfig> = {
  'traces.exporter': exporter('OTEL_TRACES_EXPORTER', 'Where spans go.'),
  'traces.protocol': protocol('TRACES'),
  'traces.sampling.ratio': ratio({
    what: 'The part of traces that is recorded, decided at their root; takes the place of `OTEL_TRACES_SAMPLER`.',
  }),
  'traces.spanProcessors': given({
    allowed: 'an array of span processors',
    accepts: listOf(has('onStart', 'onEnd', 'forceFlush', 'shutdown')),
    what: 'Processors that see each span before the exporter does.',
  }),
  'traces.batch.maxQueueSize': maxQueueSize,
  'traces.batch.maxExportBatchSize': maxExportBatchSize,
  'traces.batch.scheduledDelayMillis': scheduledDelayMillis,
  'traces.batch.exportTimeoutMillis': exportTimeoutMillis,
};
