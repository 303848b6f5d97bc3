import type { ExponentialHistogram } from '@opentelemetry/sdk-metrics';

/** The positive or negative buckets of a native histogram: spans of buckets, and count deltas between adjacent buckets. */
export interface NativeBuckets {
  readonly spans: readonly { readonly offset: number; readonly length: number }[];
  readonly deltas: readonly number[];
}

/** A Prometheus native histogram. */
export interface NativeHistogram {
  readonly schema: number;
  readonly positive: NativeBuckets;
  readonly negative: NativeBuckets;
}

const maxSchema = 8;
const minSchema = -4;
const maxGapInSpan = 2;

/**
 * Converts an exponential histogram to a native one, downscaling if necessary; undefined if it is coarser than the coarsest schema.
 *
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#exponential-histograms
 */
export function nativeHistogram(value: ExponentialHistogram): NativeHistogram | undefined {
  if (value.scale < minSchema) return undefined;
  const schema = Math.min(value.scale, maxSchema);
  const shift = value.scale - schema;
  return { schema, positive: native(value.positive, shift), negative: native(value.negative, shift) };
}

function native({ offset, bucketCounts }: ExponentialHistogram['positive'], shift: number): NativeBuckets {
  const counts = new Map<number, number>();
  for (const [position, count] of bucketCounts.entries()) {
    // OpenTelemetry indexes buckets by their lower bound, Prometheus by their upper bound.
    const index = ((offset + position) >> shift) + 1;
    if (count > 0) counts.set(index, (counts.get(index) ?? 0) + count);
  }
  const spans: { offset: number; length: number }[] = [];
  const deltas: number[] = [];
  let next = 0;
  let previous = 0;
  for (const [index, count] of counts) {
    const span = spans.at(-1);
    const gap = index - next;
    if (span === undefined || gap > maxGapInSpan) {
      spans.push({ offset: gap, length: 1 });
    } else {
      for (let empty = 0; empty < gap; empty++) deltas.push(empty === 0 ? -previous : 0);
      if (gap > 0) previous = 0;
      span.length += gap + 1;
    }
    deltas.push(count - previous);
    previous = count;
    next = index + 1;
  }
  return { spans, deltas };
}
