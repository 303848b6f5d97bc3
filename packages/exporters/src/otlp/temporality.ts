import {
  type AggregationOption,
  AggregationTemporality,
  AggregationType,
  InstrumentType,
} from '@opentelemetry/sdk-metrics';
import { environmentText } from '../environment.ts';
import { type NoticeBoard, choiceRule, type Rule } from '@sonde/sdk';

/** The temporality preference of the specification: cumulative, delta, or delta for synchronous counters and histograms only. */
export type TemporalityPreference = 'cumulative' | 'delta' | 'lowmemory';

/** The default aggregation of histograms. */
export type HistogramAggregation = 'explicit_bucket_histogram' | 'base2_exponential_bucket_histogram';

export const temporalityRule: Rule = choiceRule(['cumulative', 'delta', 'lowmemory']);
export const histogramRule: Rule = choiceRule([
  'explicit_bucket_histogram',
  'base2_exponential_bucket_histogram',
]);

const alwaysCumulative: ReadonlySet<InstrumentType> = new Set([
  InstrumentType.UP_DOWN_COUNTER,
  InstrumentType.OBSERVABLE_UP_DOWN_COUNTER,
]);
const deltaForLowMemory: ReadonlySet<InstrumentType> = new Set([
  InstrumentType.COUNTER,
  InstrumentType.HISTOGRAM,
]);

/**
 * The temporality of an instrument.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/otlp/
 */
export function selectTemporality(
  preference: TemporalityPreference,
  instrument: InstrumentType,
): AggregationTemporality {
  const isDelta =
    preference === 'delta'
      ? !alwaysCumulative.has(instrument)
      : preference === 'lowmemory' && deltaForLowMemory.has(instrument);
  return isDelta ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE;
}

/** The aggregation of an instrument. */
export function selectAggregation(
  histogram: HistogramAggregation,
  instrument: InstrumentType,
): AggregationOption {
  const isExponential =
    histogram === 'base2_exponential_bucket_histogram' && instrument === InstrumentType.HISTOGRAM;
  return { type: isExponential ? AggregationType.EXPONENTIAL_HISTOGRAM : AggregationType.DEFAULT };
}

/** Reads the preferences from the environment; an invalid variable is reported and ignored. */
export function readMetricPreferences(notices: NoticeBoard): {
  readonly temporality: TemporalityPreference | undefined;
  readonly histogram: HistogramAggregation | undefined;
} {
  const readVariable = (suffix: string, rule: Rule): string | undefined => {
    const name = `OTEL_EXPORTER_OTLP_METRICS_${suffix}`;
    const value = environmentText(name)?.toLowerCase();
    if (value === undefined || rule.test(value)) return value;
    const message = `ignoring invalid ${name}='${value.slice(0, 60)}': expected ${rule.allowed}`;
    notices.report({ code: 'SONDE_ENVIRONMENT_INVALID', message });
    return undefined;
  };
  return {
    temporality: readVariable('TEMPORALITY_PREFERENCE', temporalityRule) as TemporalityPreference | undefined,
    histogram: readVariable('DEFAULT_HISTOGRAM_AGGREGATION', histogramRule) as
      | HistogramAggregation
      | undefined,
  };
}
