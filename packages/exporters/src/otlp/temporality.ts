import {
  type AggregationOption,
  AggregationTemporality,
  AggregationType,
  InstrumentType,
} from '@opentelemetry/sdk-metrics';
import { type NoticeBoard, oneOf, type Rule } from '@sonde/sdk';

/** What the values of metrics are counted from: the start of the process, or the last export where that makes sense. */
export type TemporalityPreference = 'cumulative' | 'delta' | 'lowmemory';

/** What histograms are kept as unless a view says otherwise. */
export type HistogramAggregation = 'explicit_bucket_histogram' | 'base2_exponential_bucket_histogram';

export const temporalityRule: Rule = oneOf(['cumulative', 'delta', 'lowmemory']);
export const histogramRule: Rule = oneOf(['explicit_bucket_histogram', 'base2_exponential_bucket_histogram']);

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

/** How an instrument is aggregated. */
export function selectAggregation(
  histogram: HistogramAggregation,
  instrument: InstrumentType,
): AggregationOption {
  const isExponential =
    histogram === 'base2_exponential_bucket_histogram' && instrument === InstrumentType.HISTOGRAM;
  return { type: isExponential ? AggregationType.EXPONENTIAL_HISTOGRAM : AggregationType.DEFAULT };
}

/** The words that variables hold; one that is not allowed is told and passed over. */
export function readMetricPreferences(notices: NoticeBoard): {
  readonly temporality: TemporalityPreference | undefined;
  readonly histogram: HistogramAggregation | undefined;
} {
  const word = (suffix: string, rule: Rule): string | undefined => {
    const name = `OTEL_EXPORTER_OTLP_METRICS_${suffix}`;
    const given = process.env[name]?.trim().toLowerCase() ?? '';
    if (given === '' || rule.test(given)) return given || undefined;
    const message = `${name} is '${given.slice(0, 60)}', ${rule.allowed} is needed: it is passed over`;
    notices.report({ code: 'SONDE_ENVIRONMENT_INVALID', message });
    return undefined;
  };
  return {
    temporality: word('TEMPORALITY_PREFERENCE', temporalityRule) as TemporalityPreference | undefined,
    histogram: word('DEFAULT_HISTOGRAM_AGGREGATION', histogramRule) as HistogramAggregation | undefined,
  };
}
