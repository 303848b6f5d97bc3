import { type Attributes, type Context, context as contextApi, type MeterProvider } from '@opentelemetry/api';
import type { ViewOptions } from '@opentelemetry/sdk-metrics';

import type { RecordInSdk, SyncState } from './sync-state.ts';
import { ViewTap } from './view-tap.ts';
import {
  type AttributesCleaner,
  createMeasurement,
  MeasuredSeries,
  type Measurement,
  NameLimit,
  type NoticeBoard,
  RejectedMeasurements,
  SeriesTable,
} from '@sonde/sdk';

interface PendingMeasurement {
  readonly state: SyncState;
  readonly value: number;
  readonly series: MeasuredSeries;
  readonly context: Context | undefined;
  readonly exemplar: Measurement | undefined;
}

const maxPending = 10_000;

/** Takes every measurement first: refuses what would ruin a series, bounds and copies attributes, keeps exemplars, waits for the SDK. */
export class EarlyMeasurements {
  readonly #limit: number;
  readonly #tap = new ViewTap();
  readonly #states = new Map<string, SyncState>();
  readonly rejected: RejectedMeasurements;
  readonly #names: NameLimit;
  #pending: PendingMeasurement[] = [];
  #clean: AttributesCleaner | undefined;

  constructor(limit: number, notices: NoticeBoard) {
    this.#limit = limit;
    this.rejected = new RejectedMeasurements(notices);
    this.#names = new NameLimit((names) => this.rejected.reportNames('instruments', names));
  }

  /** The state that all instruments with this identity share; undefined when there are too many instruments. */
  state(identity: string, name: string, hasExemplars: boolean): SyncState | undefined {
    let state = this.#states.get(identity);
    if (state === undefined) {
      if (!this.#names.admit()) return undefined;
      state = { name, hasExemplars, table: this.table(name), isViewed: false, record: undefined };
      this.#states.set(identity, state);
    }
    return state;
  }

  /** A table of series that tells once when it is full. */
  table(name: string, limit: number = this.#limit): SeriesTable<MeasuredSeries> {
    return new SeriesTable(
      limit,
      (attributes) => new MeasuredSeries(attributes),
      () => this.rejected.reportOverflow(name, limit),
      (attributes) => this.#clean?.(attributes) ?? attributes,
    );
  }

  /** The views with a tap behind their attribute filters. */
  addTaps(views: readonly ViewOptions[]): ViewOptions[] {
    return views.map((view) => {
      const limit = view.aggregationCardinalityLimit ?? this.#limit;
      return this.#tap.addTap(view, (name) => this.table(name, limit));
    });
  }

  /** Never throws. */
  measure(
    state: SyncState,
    value: number,
    attributes: Attributes | undefined,
    context: Context | undefined,
  ): void {
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      this.rejected.record('not_finite', state.name);
      return;
    }
    if (value < 0 && state.hasExemplars) {
      // The SDK says so, and no series is begun.
      state.record?.(value, {}, context);
      return;
    }
    try {
      const exemplar = state.hasExemplars ? createMeasurement(value, context) : undefined;
      if (state.record === undefined) this.#enqueue(state, value, attributes, context, exemplar);
      else if (state.isViewed)
        this.#tap.record(state, exemplar, state.record, value, attributes ?? {}, context);
      else this.#forward(state, state.record, value, state.table.lookup(attributes), context, exemplar);
    } catch {
      this.rejected.record('attributes_unreadable', state.name);
    }
  }

  /** All attributes go through this function from now on, those of measurements that wait included. */
  setCleaner(clean: AttributesCleaner): void {
    this.#clean = clean;
    for (const { table } of this.#states.values()) table.drop(() => true);
    this.#pending = this.#pending.map((each) => ({
      ...each,
      series: each.state.table.lookup(each.series.attributes),
    }));
  }

  /** Records what was measured before there was an SDK, and what comes from now on. */
  bind(provider: MeterProvider): void {
    this.rejected.bind(provider);
    const waiting = this.#pending;
    this.#pending = [];
    for (const { state, value, series, context, exemplar } of waiting) {
      if (state.record !== undefined) this.#forward(state, state.record, value, series, context, exemplar);
    }
  }

  #forward(
    state: SyncState,
    record: RecordInSdk,
    value: number,
    series: MeasuredSeries,
    context: Context | undefined,
    exemplar: Measurement | undefined,
  ): void {
    state.isViewed = this.#tap.record(state, exemplar, record, value, series.attributes, context);
    if (!state.isViewed && series.shouldSample(value) && exemplar !== undefined) series.offer(exemplar);
  }

  #enqueue(
    state: SyncState,
    value: number,
    attributes: Attributes | undefined,
    context: Context | undefined,
    exemplar: Measurement | undefined,
  ): void {
    if (this.#pending.length >= maxPending) this.rejected.record('before_start', state.name);
    else {
      const measuredIn = exemplar === undefined ? context : (context ?? contextApi.active());
      this.#pending.push({
        state,
        value,
        series: state.table.lookup(attributes),
        context: measuredIn,
        exemplar,
      });
    }
  }
}
