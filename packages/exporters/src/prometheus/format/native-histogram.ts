import type { ExponentialHistogram } from '@opentelemetry/sdk-metrics';

/** One side of a native histogram: runs of buckets, and the difference of each bucket's count to the one before. */
export interface NativeBuckets {
  readonly spans: readonly { readonly offset: number; readonly length: number }[];
  readonly deltas: readonly number[];
}

/** A histogram in Prometheus's native form. */
export interface NativeHistogram {
  readonly schema: number;
  readonly positive: NativeBuckets;
  readonly negative: NativeBuckets;
}

const maxSchema = 8;
const minSchema = -4;
const gapWorthASpan = 2;

/**
 * An exponential histogram as a native one, or undefined when it is coarser than Prometheus's coarsest. A finer one is made coarser.
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
    // OpenTelemetry counts buckets by their lower bound, Prometheus by their upper one.
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
    if (span === undefined || gap > gapWorthASpan) {
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
