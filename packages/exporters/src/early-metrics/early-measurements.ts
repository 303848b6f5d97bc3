import { type Attributes, type Context, context as contextApi, type MeterProvider } from '@opentelemetry/api';
import type { ViewOptions } from '@opentelemetry/sdk-metrics';

import type { InstrumentState, RecordInSdk } from './instrument-state.ts';
import { ViewTap } from './view-tap.ts';
import {
  type AttributesCleaner,
  createExemplarMeasurement,
  createExemplarSource,
  MeasuredSeries,
  type ExemplarFilter,
  type ExemplarMeasurement,
  type ExemplarSource,
  NameLimit,
  type NoticeBoard,
  RejectedMeasurements,
  SeriesTable,
} from '@sonde/sdk';

interface PendingMeasurement {
  readonly state: InstrumentState;
  readonly value: number;
  readonly series: MeasuredSeries;
  readonly context: Context | undefined;
  readonly exemplar: ExemplarMeasurement | undefined;
}

const maxPending = 10_000;

/** Processes measurements before the SDK does: rejects invalid values, limits and copies attributes, samples exemplars, and buffers until an SDK is registered. */
export class EarlyMeasurements {
  readonly #limit: number;
  readonly #tap = new ViewTap();
  readonly #states = new Map<string, InstrumentState>();
  readonly rejected: RejectedMeasurements;
  readonly #names: NameLimit;
  #pending: PendingMeasurement[] = [];
  #cleaner: AttributesCleaner | undefined;
  #exemplarSource: ExemplarSource = createExemplarSource('trace_based');

  constructor(limit: number, notices: NoticeBoard) {
    this.#limit = limit;
    this.rejected = new RejectedMeasurements(notices);
    this.#names = new NameLimit((names) => this.rejected.reportNames('instruments', names));
  }

  /** The shared state of all instruments with this identity; undefined if there are too many instruments. */
  state(identity: string, name: string, hasExemplars: boolean): InstrumentState | undefined {
    let state = this.#states.get(identity);
    if (state === undefined) {
      if (!this.#names.admit()) return undefined;
      state = { name, hasExemplars, table: this.createTable(name), isViewed: false, record: undefined };
      this.#states.set(identity, state);
    }
    return state;
  }

  /** Creates a series table that reports its first overflow. */
  createTable(name: string, limit: number = this.#limit): SeriesTable<MeasuredSeries> {
    return new SeriesTable(
      limit,
      (attributes) => new MeasuredSeries(attributes),
      () => this.rejected.reportOverflow(name, limit),
      (attributes) => this.#cleaner?.(attributes) ?? attributes,
    );
  }

  /** Returns the views with a tap after their attribute filters. */
  addTaps(views: readonly ViewOptions[]): ViewOptions[] {
    return views.map((view) => {
      const limit = view.aggregationCardinalityLimit ?? this.#limit;
      return this.#tap.addTap(view, (name) => this.createTable(name, limit));
    });
  }

  /** Records or buffers one measurement. Never throws. */
  measure(
    state: InstrumentState,
    value: number,
    attributes: Attributes | undefined,
    context: Context | undefined,
  ): void {
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      this.rejected.record('not_finite', state.name);
      return;
    }
    if (value < 0 && state.hasExemplars) {
      // The SDK logs the error, and no series is created.
      state.record?.(value, {}, context);
      return;
    }
    try {
      const exemplar = state.hasExemplars
        ? createExemplarMeasurement(value, context, this.#exemplarSource)
        : undefined;
      if (state.record === undefined) this.#enqueue(state, value, attributes, context, exemplar);
      else if (state.isViewed)
        this.#tap.record(state, exemplar, state.record, value, attributes ?? {}, context);
      else this.#forward(state, state.record, value, state.table.lookup(attributes), context, exemplar);
    } catch {
      this.rejected.record('attributes_unreadable', state.name);
    }
  }

  /** Sets which measurements become exemplars from now on. @default trace_based */
  setExemplarFilter(filter: ExemplarFilter): void {
    this.#exemplarSource = createExemplarSource(filter);
    if (filter !== 'always_off') return;
    this.#pending = this.#pending.map((measurement) => ({ ...measurement, exemplar: undefined }));
  }

  /** Applies a function to the attributes of all buffered and later measurements. */
  setCleaner(cleaner: AttributesCleaner): void {
    this.#cleaner = cleaner;
    for (const { table } of this.#states.values()) table.drop(() => true);
    this.#pending = this.#pending.map((measurement) => ({
      ...measurement,
      series: measurement.state.table.lookup(measurement.series.attributes),
    }));
  }

  /** Records the buffered measurements in the SDK. Later ones are not buffered. */
  bind(provider: MeterProvider): void {
    this.rejected.bind(provider);
    const pending = this.#pending;
    this.#pending = [];
    for (const { state, value, series, context, exemplar } of pending) {
      if (state.record !== undefined) this.#forward(state, state.record, value, series, context, exemplar);
    }
  }

  #forward(
    state: InstrumentState,
    record: RecordInSdk,
    value: number,
    series: MeasuredSeries,
    context: Context | undefined,
    exemplar: ExemplarMeasurement | undefined,
  ): void {
    state.isViewed = this.#tap.record(state, exemplar, record, value, series.attributes, context);
    if (!state.isViewed && series.shouldSample(value) && exemplar !== undefined) series.offer(exemplar);
  }

  #enqueue(
    state: InstrumentState,
    value: number,
    attributes: Attributes | undefined,
    context: Context | undefined,
    exemplar: ExemplarMeasurement | undefined,
  ): void {
    if (this.#pending.length >= maxPending) this.rejected.record('before_start', state.name);
    else {
      const measurementContext = exemplar === undefined ? context : (context ?? contextApi.active());
      this.#pending.push({
        state,
        value,
        series: state.table.lookup(attributes),
        context: measurementContext,
        exemplar,
      });
    }
  }
}
