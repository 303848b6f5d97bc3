import type { BatchObservableCallback, Meter, Observable } from '@opentelemetry/api';

/** Ends what a registration began. */
export type Unregister = () => void;

/** Observes several instruments with one callback, so that a collection reads their source once. */
export function observeBatch(
  meter: Meter,
  instruments: Observable[],
  observe: BatchObservableCallback,
): Unregister {
  meter.addBatchObservableCallback(observe, instruments);
  return () => meter.removeBatchObservableCallback(observe, instruments);
}
