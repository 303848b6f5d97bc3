import type { Attributes, Context } from '@opentelemetry/api';
import type { IAttributesProcessor, ViewOptions } from '@opentelemetry/sdk-metrics';

import type { InstrumentState, RecordInSdk } from './instrument-state.ts';
import type { ExemplarMeasurement, MeasuredSeries, SeriesTable } from '@sonde/sdk';

/**
 * Observes measurements after the attribute filters of the views, where the attributes are those of the series. The SDK records
 * synchronously, so the attributes belong to the measurement being recorded.
 */
export class ViewTap {
  #state: InstrumentState | undefined;
  #exemplar: ExemplarMeasurement | undefined;
  #value = 0;
  #wasReached = false;

  /** Records a measurement in the SDK. Returns whether a view matched it. */
  record(
    state: InstrumentState,
    exemplar: ExemplarMeasurement | undefined,
    recordInSdk: RecordInSdk,
    value: number,
    attributes: Attributes,
    context: Context | undefined,
  ): boolean {
    this.#state = state;
    this.#exemplar = exemplar;
    this.#value = value;
    this.#wasReached = false;
    try {
      recordInSdk(value, attributes, context);
    } finally {
      this.#state = undefined;
    }
    return this.#wasReached;
  }

  /** Adds the tap after the filters of a view. */
  addTap(view: ViewOptions, newTable: (name: string) => SeriesTable<MeasuredSeries>): ViewOptions {
    const tables = new WeakMap<InstrumentState, SeriesTable<MeasuredSeries>>();
    const process = (attributes: Attributes): Attributes => {
      const state = this.#state;
      if (state === undefined) return attributes;
      this.#wasReached = true;
      let table = tables.get(state);
      if (table === undefined) {
        table = newTable(view.name ?? state.name);
        tables.set(state, table);
      }
      const series = table.lookup(attributes);
      const exemplar = this.#exemplar;
      if (series.shouldSample(this.#value) && exemplar !== undefined) series.offer(exemplar);
      return series.attributes;
    };
    const tail: IAttributesProcessor = { process };
    return { ...view, attributesProcessors: [...(view.attributesProcessors ?? []), tail] };
  }
}
