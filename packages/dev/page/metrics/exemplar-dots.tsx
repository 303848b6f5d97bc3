import type { VNode } from 'preact';
import type { Exemplar } from '../api/metric-types.ts';
import { formatMeasure } from '../format/number.ts';
import { formatTime } from '../format/time.ts';
import { address } from '../state/location.ts';

/** An exemplar, and where it is in the chart. */
export interface Dot {
  readonly exemplar: Exemplar;
  readonly x: number;
  readonly y: number;
}

/** Dots that open the trace behind a measurement. */
export function ExemplarDots({
  dots,
  unit,
}: {
  readonly dots: readonly Dot[];
  readonly unit: string;
}): VNode {
  return (
    <>
      {dots.map(({ exemplar, x, y }, index) => {
        const label = `Trace of ${formatMeasure(exemplar.value, unit)} at ${formatTime(exemplar.time)}`;
        return (
          <a
            key={`${exemplar.traceId} ${exemplar.spanId} ${index}`}
            class="exemplar"
            href={address(['traces', exemplar.traceId], { span: exemplar.spanId })}
            style={{ left: `${x}px`, top: `${y}px` }}
            aria-label={label}
            title={label}
          />
        );
      })}
    </>
  );
}
