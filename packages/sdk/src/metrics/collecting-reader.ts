import { context } from '@opentelemetry/api';

/** Registered, because this package is bundled into several ones. */
const readerKey = Symbol.for('@sonde/sdk.collecting-reader');

/** The reader that collects, for callbacks whose values depend on its last collection. */
export interface CollectingReader {
  readonly reader: object;
  /** Whether another collection will replace this one: it ends no interval of the reader. */
  readonly isProvisional: boolean;
}

/** Runs a collection of a reader; callbacks see the reader. The outermost call decides. */
export function collectAs<R>(collecting: CollectingReader, collect: () => R): R {
  const active = context.active();
  if (active.getValue(readerKey) !== undefined) return collect();
  return context.with(active.setValue(readerKey, collecting), collect);
}

/** Returns the reader whose collection calls the current callback; undefined outside a collection. */
export function getCollectingReader(): CollectingReader | undefined {
  return context.active().getValue(readerKey) as CollectingReader | undefined;
}
