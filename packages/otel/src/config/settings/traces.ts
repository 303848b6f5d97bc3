import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { KeepRule } from '../../options.ts';
import type { TracesConfig } from '../config.ts';
import { custom, integer, ratio, type SettingsTable } from '../setting.ts';
import { batch, exporter, hasMethods, everyItem, isObject, MAX_MS, protocol, splitList } from './shared.ts';

function isKeepRule(value: unknown): value is KeepRule {
  if (value === 'error') return true;
  if (!isObject(value) || Object.keys(value).join() !== 'slowerThanMs') return false;
  const { slowerThanMs } = value as { slowerThanMs: unknown };
  return typeof slowerThanMs === 'number' && slowerThanMs >= 0 && slowerThanMs <= MAX_MS;
}

/** Parses `error,500ms`. */
function parseKeepRules(text: string): readonly KeepRule[] | undefined {
  const rules = splitList(text).map((rule): unknown =>
    rule.endsWith('ms') && rule.length > 2 ? { slowerThanMs: Number(rule.slice(0, -2)) } : rule,
  );
  return rules.every(isKeepRule) ? rules : undefined;
}

export const tracesSettings: SettingsTable<TracesConfig> = {
  exporter: exporter<SpanExporter>('OTEL_TRACES_EXPORTER', 'The exporters of spans.'),
  protocol: protocol('TRACES'),
  sampling: {
    ratio: ratio({
      description:
        'The ratio of traces to sample, decided at the root span; replaces `OTEL_TRACES_SAMPLER`, whose default samples all.',
    }),
    keep: custom({
      env: 'SONDE_TRACES_KEEP',
      expected: 'a list of "error" and { slowerThanMs: number }, in the environment as in error,500ms',
      accepts: everyItem(isKeepRule),
      parse: parseKeepRules,
      description: 'Rules that keep a trace that `traces.sampling.ratio` does not sample.',
    }),
    maxSpans: integer({
      min: 1,
      max: 10_000_000,
      defaultValue: 10_000,
      description: 'Maximum number of ended spans held in memory while their traces are undecided.',
    }),
    maxTraces: integer({
      min: 1,
      max: 10_000_000,
      defaultValue: 5000,
      description: 'Maximum number of undecided traces held in memory.',
    }),
  },
  spanProcessors: custom({
    expected: 'an array of span processors',
    accepts: everyItem(hasMethods('onStart', 'onEnd', 'forceFlush', 'shutdown')),
    description: 'Span processors that run before the exporters.',
  }),
  batch: batch('spans', 'OTEL_BSP', 5000),
};
