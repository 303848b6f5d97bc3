import {
  type BatchObservableCallback,
  diag,
  type Observable,
  type ObservableCallback,
} from '@opentelemetry/api';
import { callWithTimeout } from '@opentelemetry/core';
import { type CallbackRegistry, ObservableInstrument } from './observable-instrument.ts';
import type { Series } from './series.ts';

interface OneCallback {
  readonly callback: ObservableCallback;
  readonly instrument: ObservableInstrument;
}

interface BatchCallback {
  readonly callback: BatchObservableCallback;
  readonly instruments: ReadonlySet<ObservableInstrument>;
}

/** The callbacks of one meter. */
export class ObservableRegistry implements CallbackRegistry {
  #callbacks: readonly OneCallback[] = [];
  #batches: readonly BatchCallback[] = [];

  add(callback: ObservableCallback, instrument: ObservableInstrument): void {
    const isKnown = this.#callbacks.some((one) => one.callback === callback && one.instrument === instrument);
    if (!isKnown) this.#callbacks = [...this.#callbacks, { callback, instrument }];
  }

  remove(callback: ObservableCallback, instrument: ObservableInstrument): void {
    this.#callbacks = this.#callbacks.filter(
      (one) => one.callback !== callback || one.instrument !== instrument,
    );
  }

  addBatch(callback: BatchObservableCallback, observables: readonly Observable[]): void {
    const instruments = ownInstruments(observables);
    if (instruments.size === 0) {
      diag.error('BatchObservableCallback is not associated with valid instruments', observables);
    } else if (!this.#batches.some((batch) => isBatch(batch, callback, instruments))) {
      this.#batches = [...this.#batches, { callback, instruments }];
    }
  }

  removeBatch(callback: BatchObservableCallback, observables: readonly Observable[]): void {
    const instruments = ownInstruments(observables);
    this.#batches = this.#batches.filter((batch) => !isBatch(batch, callback, instruments));
  }

  /** Calls all callbacks at once and takes what they observe; gives what they threw. */
  async observe(atMs: number, timeoutMs: number | undefined): Promise<unknown[]> {
    const results = await Promise.allSettled([
      ...this.#callbacks.map((one) => callCallback(one, atMs, timeoutMs)),
      ...this.#batches.map((batch) => callBatchCallback(batch, atMs, timeoutMs)),
    ]);
    return results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  }
}

const none: ReadonlyMap<Series, number> = new Map();

async function callCallback(
  { callback, instrument }: OneCallback,
  atMs: number,
  timeoutMs: number | undefined,
): Promise<void> {
  const values = new Map<Series, number>();
  await runCallback(
    () => callback({ observe: (value, attributes) => instrument.record(values, value, attributes) }),
    timeoutMs,
  );
  instrument.observe(values, atMs);
}

async function callBatchCallback(
  { callback, instruments }: BatchCallback,
  atMs: number,
  timeoutMs: number | undefined,
): Promise<void> {
  const observed = new Map<ObservableInstrument, Map<Series, number>>();
  await runCallback(
    () =>
      callback({
        observe: (metric, value, attributes) => {
          if (!(metric instanceof ObservableInstrument)) return;
          const values = observed.get(metric) ?? new Map<Series, number>();
          observed.set(metric, values);
          metric.record(values, value, attributes);
        },
      }),
    timeoutMs,
  );
  for (const instrument of instruments) instrument.observe(observed.get(instrument) ?? none, atMs);
}

async function runCallback(call: () => unknown, timeoutMs: number | undefined): Promise<void> {
  const result = Promise.resolve(call());
  await (timeoutMs === undefined ? result : callWithTimeout(result, timeoutMs));
}

function ownInstruments(observables: readonly Observable[]): ReadonlySet<ObservableInstrument> {
  return new Set(observables.filter((one) => one instanceof ObservableInstrument));
}

function isBatch(
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
