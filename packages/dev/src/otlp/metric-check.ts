import type { MetricData } from './model.ts';

/** Refuses metrics without a name: nobody could look at them. Counts their points. */
export class MetricCheck {
  #rejected = 0;

  get refusals(): { readonly rejected: number; readonly reason: string } {
    const reason = this.#rejected === 0 ? '' : 'a metric has no name';
    return { rejected: this.#rejected, reason };
  }

  accept(metric: MetricData): MetricData | undefined {
    if (metric.name !== '') return metric;
    this.#rejected += metric.points.length;
    return undefined;
  }
}
