import type { SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { KeepRule, OtlpProtocol } from '../../options.ts';
import { type Definitions, codeOnly, integer, custom, ratio } from '../setting.ts';
import {
  batch,
  exporter,
  type ExporterChoice,
  has,
  isObject,
  listOf,
  maxMs,
  protocol,
} from './validators.ts';

const { maxQueueSize, maxExportBatchSize, scheduledDelayMs, exportTimeoutMs } = batch(
  'spans',
  'OTEL_BSP',
  5000,
);

export interface TraceConfig {
  readonly 'traces.exporter': ExporterChoice<SpanExporter>;
  readonly 'traces.protocol': OtlpProtocol;
  readonly 'traces.sampling.ratio': number | undefined;
  readonly 'traces.sampling.keep': readonly KeepRule[] | undefined;
  readonly 'traces.sampling.maxSpans': number;
  readonly 'traces.sampling.maxTraces': number;
  readonly 'traces.spanProcessors': readonly SpanProcessor[] | undefined;
  readonly 'traces.batch.maxQueueSize': number;
  readonly 'traces.batch.maxExportBatchSize': number;
  readonly 'traces.batch.scheduledDelayMs': number;
  readonly 'traces.batch.exportTimeoutMs': number;
}

function isKeepRule(value: unknown): value is KeepRule {
  if (value === 'error') return true;
  if (!isObject(value) || Object.keys(value).join() !== 'slowerThanMs') return false;
  const { slowerThanMs } = value as { slowerThanMs: unknown };
  return typeof slowerThanMs === 'number' && slowerThanMs >= 0 && slowerThanMs <= maxMs;
}

/** Reads `error,500ms`. */
function readKeepRules(text: string): readonly KeepRule[] | undefined {
  const rules = text.split(',').map((each): unknown => {
    const rule = each.trim();
    return rule.endsWith('ms') && rule.length > 2 ? { slowerThanMs: Number(rule.slice(0, -2)) } : rule;
  });
  return rules.every(isKeepRule) ? rules : undefined;
}

export const traceSettings: Definitions<TraceConfig> = {
  'traces.exporter': exporter('OTEL_TRACES_EXPORTER', 'Where spans go.'),
  'traces.protocol': protocol('TRACES'),
  'traces.sampling.ratio': ratio({
    description:
      'The part of traces that is recorded, decided at their root; takes the place of `OTEL_TRACES_SAMPLER`.',
  }),
  'traces.sampling.keep': custom({
    env: 'SONDE_TRACES_KEEP',
    allowed: 'a list of "error" and { slowerThanMs: number }, in the environment as in error,500ms',
    accepts: listOf(isKeepRule),
    read: readKeepRules,
    description: 'Which traces are kept whole beside those of the ratio.',
  }),
  'traces.sampling.maxSpans': integer({
    min: 1,
    max: 10_000_000,
    defaultValue: 10_000,
    description: 'The most spans that wait until it is known whether their trace is kept.',
  }),
  'traces.sampling.maxTraces': integer({
    min: 1,
    max: 10_000_000,
    defaultValue: 5000,
    description: 'The most traces of which it is not known yet whether they are kept.',
  }),
  'traces.spanProcessors': codeOnly({
    allowed: 'an array of span processors',
    accepts: listOf(has('onStart', 'onEnd', 'forceFlush', 'shutdown')),
    description: 'Processors that see each span before the exporter does.',
  }),
  'traces.batch.maxQueueSize': maxQueueSize,
  'traces.batch.maxExportBatchSize': maxExportBatchSize,
  'traces.batch.scheduledDelayMs': scheduledDelayMs,
  'traces.batch.exportTimeoutMs': exportTimeoutMs,
};
