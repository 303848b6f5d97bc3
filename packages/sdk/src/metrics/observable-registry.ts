import {
  type BatchObservableCallback,
  diag,
  type Observable,
  type ObservableCallback,
} from '@opentelemetry/api';
import { type CallbackRegistry, ObservableInstrument } from './observable-instrument.ts';
import type { RejectedMeasurements } from './rejected-measurements.ts';
import type { Series } from './series.ts';

/** The limit of a callback where the reader sets none, in milliseconds. */
const defaultTimeoutMs = 10_000;

/** The observations of one call of a callback. */
type Observations = Map<ObservableInstrument, Map<Series, number>>;

/** A registered callback. */
interface Registered {
  /** The call that has neither settled nor taken too long. */
  pending?: Promise<Observations> | undefined;
  /** Whether a call has not settled yet: meanwhile the callback is not called again. */
  isRunning: boolean;
}

interface SingleCallback extends Registered {
  readonly callback: ObservableCallback;
  readonly instrument: ObservableInstrument;
}

interface BatchCallback extends Registered {
  readonly callback: BatchObservableCallback;
  readonly instruments: ReadonlySet<ObservableInstrument>;
}

/** The observable callbacks of one meter. One that never settles is reported, and does not hold up the others. */
export class ObservableRegistry implements CallbackRegistry {
  readonly #rejections: RejectedMeasurements;
  #callbacks: readonly SingleCallback[] = [];
  #batches: readonly BatchCallback[] = [];

  constructor(rejections: RejectedMeasurements) {
    this.#rejections = rejections;
  }

  add(callback: ObservableCallback, instrument: ObservableInstrument): void {
    const isKnown = this.#callbacks.some(
      (entry) => entry.callback === callback && entry.instrument === instrument,
    );
    if (!isKnown) this.#callbacks = [...this.#callbacks, { callback, instrument, isRunning: false }];
  }

  remove(callback: ObservableCallback, instrument: ObservableInstrument): void {
    this.#callbacks = this.#callbacks.filter(
      (entry) => entry.callback !== callback || entry.instrument !== instrument,
    );
  }

  addBatch(callback: BatchObservableCallback, observables: readonly Observable[]): void {
    const instruments = ownInstruments(observables);
    if (instruments.size === 0) {
      diag.error('BatchObservableCallback is not associated with valid instruments');
    } else if (!this.#batches.some((batch) => isSameBatch(batch, callback, instruments))) {
      this.#batches = [...this.#batches, { callback, instruments, isRunning: false }];
    }
  }

  removeBatch(callback: BatchObservableCallback, observables: readonly Observable[]): void {
    const instruments = ownInstruments(observables);
    this.#batches = this.#batches.filter((batch) => !isSameBatch(batch, callback, instruments));
  }

  /**
   * Calls all callbacks concurrently and records their observations. A callback that takes longer than `timeoutMs` is cut off.
   *
   * @returns the errors of failed callbacks
   */
  async observe(atMs: number, collection: number, timeoutMs: number = defaultTimeoutMs): Promise<unknown[]> {
    const results = await Promise.allSettled([
      ...this.#callbacks.map((single) => this.#callSingle(single, atMs, collection, timeoutMs)),
      ...this.#batches.map((batch) => this.#callBatch(batch, atMs, collection, timeoutMs)),
    ]);
    return results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  }

  async #callSingle(
    single: SingleCallback,
    atMs: number,
    collection: number,
    timeoutMs: number,
  ): Promise<void> {
    const { callback, instrument } = single;
    const observations = await this.#run(
      single,
      [instrument],
      (values) =>
        callback({
          observe: (value, attributes) => instrument.record(getValues(values, instrument), value, attributes),
        }),
      timeoutMs,
    );
    instrument.observe(observations.get(instrument) ?? noValues, atMs, collection);
  }

  async #callBatch(batch: BatchCallback, atMs: number, collection: number, timeoutMs: number): Promise<void> {
    const { callback, instruments } = batch;
    const observations = await this.#run(
      batch,
      [...instruments],
      (values) =>
        callback({
          observe: (metric, value, attributes) => {
            if (metric instanceof ObservableInstrument)
              metric.record(getValues(values, metric), value, attributes);
          },
        }),
      timeoutMs,
    );
    for (const instrument of instruments)
      instrument.observe(observations.get(instrument) ?? noValues, atMs, collection);
  }

  /**
   * Calls a callback. A collection that begins while an asynchronous callback runs uses the same observations.
   *
   * @throws {Error} if the callback takes too long, or still runs since a collection for which it took too long
   */
  async #run(
    registered: Registered,
    instruments: readonly ObservableInstrument[],
    call: (observations: Observations) => unknown,
    timeoutMs: number,
  ): Promise<Observations> {
    const names = instruments.map(({ name }) => name).join(', ');
    if (registered.pending !== undefined) return registered.pending;
    if (registered.isRunning) throw new Error(`the callback of ${names} has not returned yet`);
    const observations: Observations = new Map();
    const result = call(observations);
    if (!isThenable(result)) return observations;
    registered.isRunning = true;
    const { promise: timeout, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      registered.pending = undefined;
      this.#rejections.reportSlowCallback(names, timeoutMs);
      reject(new Error(`the callback of ${names} takes more than ${timeoutMs} ms`));
    }, timeoutMs);
    timer.unref();
    const settled = Promise.resolve(result)
      .then(() => observations)
      .finally(() => {
        registered.isRunning = false;
        registered.pending = undefined;
        clearTimeout(timer);
      });
    registered.pending = Promise.race([settled, timeout]);
    return registered.pending;
  }
}

function getValues(observations: Observations, instrument: ObservableInstrument): Map<Series, number> {
  const values = observations.get(instrument) ?? new Map<Series, number>();
  observations.set(instrument, values);
  return values;
}

const noValues: ReadonlyMap<Series, number> = new Map();

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function';
}

function ownInstruments(observables: readonly Observable[]): ReadonlySet<ObservableInstrument> {
  try {
    return new Set(observables.filter((observable) => observable instanceof ObservableInstrument));
  } catch {
    // Not a list of instruments.
    return new Set();
  }
}

function isSameBatch(
  batch: BatchCallback,
  callback: BatchObservableCallback,
  instruments: ReadonlySet<ObservableInstrument>,
): boolean {
  return (
    batch.callback === callback &&
    batch.instruments.size === instruments.size &&
    [...instruments].every((instrument) => batch.instruments.has(instrument))
  );
}
