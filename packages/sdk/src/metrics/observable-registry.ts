import {
  type BatchObservableCallback,
  diag,
  type Observable,
  type ObservableCallback,
} from '@opentelemetry/api';
import { callWithTimeout } from '@opentelemetry/core';
import { type CallbackRegistry, ObservableInstrument } from './observable-instrument.ts';
import type { Series } from './series.ts';

interface SingleCallback {
  readonly callback: ObservableCallback;
  readonly instrument: ObservableInstrument;
}

interface BatchCallback {
  readonly callback: BatchObservableCallback;
  readonly instruments: ReadonlySet<ObservableInstrument>;
}

/** The observable callbacks of one meter. */
export class ObservableRegistry implements CallbackRegistry {
  #callbacks: readonly SingleCallback[] = [];
  #batches: readonly BatchCallback[] = [];

  add(callback: ObservableCallback, instrument: ObservableInstrument): void {
    const isKnown = this.#callbacks.some(
      (entry) => entry.callback === callback && entry.instrument === instrument,
    );
    if (!isKnown) this.#callbacks = [...this.#callbacks, { callback, instrument }];
  }

  remove(callback: ObservableCallback, instrument: ObservableInstrument): void {
    this.#callbacks = this.#callbacks.filter(
      (entry) => entry.callback !== callback || entry.instrument !== instrument,
    );
  }

  addBatch(callback: BatchObservableCallback, observables: readonly Observable[]): void {
    const instruments = ownInstruments(observables);
    if (instruments.size === 0) {
      diag.error('BatchObservableCallback is not associated with valid instruments', observables);
    } else if (!this.#batches.some((batch) => isSameBatch(batch, callback, instruments))) {
      this.#batches = [...this.#batches, { callback, instruments }];
    }
  }

  removeBatch(callback: BatchObservableCallback, observables: readonly Observable[]): void {
    const instruments = ownInstruments(observables);
    this.#batches = this.#batches.filter((batch) => !isSameBatch(batch, callback, instruments));
  }

  /** Calls all callbacks concurrently and records their observations. @returns the errors of failed callbacks */
  async observe(atMs: number, timeoutMs: number | undefined): Promise<unknown[]> {
    const results = await Promise.allSettled([
      ...this.#callbacks.map((single) => callCallback(single, atMs, timeoutMs)),
      ...this.#batches.map((batch) => callBatchCallback(batch, atMs, timeoutMs)),
    ]);
    return results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  }
}

const noValues: ReadonlyMap<Series, number> = new Map();

async function callCallback(
  { callback, instrument }: SingleCallback,
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
  for (const instrument of instruments) instrument.observe(observed.get(instrument) ?? noValues, atMs);
}

async function runCallback(call: () => unknown, timeoutMs: number | undefined): Promise<void> {
  const result = Promise.resolve(call());
  await (timeoutMs === undefined ? result : callWithTimeout(result, timeoutMs));
}

function ownInstruments(observables: readonly Observable[]): ReadonlySet<ObservableInstrument> {
  return new Set(observables.filter((observable) => observable instanceof ObservableInstrument));
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
