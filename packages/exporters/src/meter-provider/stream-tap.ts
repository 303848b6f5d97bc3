import type { Attributes, Context } from '@opentelemetry/api';
import type { IAttributesProcessor, ViewOptions } from '@opentelemetry/sdk-metrics';

import type { Measured } from '../exemplars/reservoir.ts';
import type { RecordInSdk, SyncState } from './measurer.ts';
import type { MeasuredSeries } from './measured-series.ts';
import type { SeriesTable } from './series-table.ts';

/**
 * Stands at the end of every view's attribute filters, where the attributes are those of the series. The SDK records synchronously, so the
 * measurement that is being passed on is the one that arrives.
 */
export class StreamTap {
  #state: SyncState | undefined;
  #exemplar: Measured | undefined;
  #value = 0;
  #wasReached = false;

  /** Passes a measurement on to the SDK; tells whether it went through a view. */
  pass(
    state: SyncState,
    exemplar: Measured | undefined,
    record: RecordInSdk,
    value: number,
    attributes: Attributes,
    context: Context | undefined,
  ): boolean {
    this.#state = state;
    this.#exemplar = exemplar;
    this.#value = value;
    this.#wasReached = false;
    try {
      record(value, attributes, context);
    } finally {
      this.#state = undefined;
    }
    return this.#wasReached;
  }

  /** The view with the tap behind its filters. */
  tapped(view: ViewOptions, newTable: (name: string) => SeriesTable<MeasuredSeries>): ViewOptions {
    const tables = new WeakMap<SyncState, SeriesTable<MeasuredSeries>>();
    const process = (attributes: Attributes): Attributes => {
      const state = this.#state;
      if (state === undefined) return attributes;
      this.#wasReached = true;
      let table = tables.get(state);
      if (table === undefined) {
        table = newTable(view.name ?? state.name);
        tables.set(state, table);
      }
      const series = table.of(attributes);
      const exemplar = this.#exemplar;
      if (series.wants(this.#value) && exemplar !== undefined) series.offer(exemplar);
      return series.attributes;
    };
    const tail: IAttributesProcessor = { process };
    return { ...view, attributesProcessors: [...(view.attributesProcessors ?? []), tail] };
  }
}
