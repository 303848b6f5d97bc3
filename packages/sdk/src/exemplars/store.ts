import type { Attributes } from '@opentelemetry/api';

import type { Exemplar, Reservoir } from './reservoir.ts';

const key = Symbol.for('@sonde/exporters.exemplars');
const noExemplars: readonly Exemplar[] = [];

/** The reservoirs by the attributes object of collected data points. Global: the SDK is bundled into several packages. */
function reservoirs(): WeakMap<Attributes, Reservoir> {
  const holder: typeof globalThis & { [key]?: WeakMap<Attributes, Reservoir> } = globalThis;
  holder[key] ??= new WeakMap();
  return holder[key];
}

/** Attaches a reservoir to all data points with this attributes object. */
export function attachReservoir(attributes: Attributes, reservoir: Reservoir): void {
  reservoirs().set(attributes, reservoir);
}

/** Returns the exemplars of a data point since `oldestMs` (Unix time), oldest first. */
export function getExemplars(attributes: Attributes, oldestMs: number): readonly Exemplar[] {
  return reservoirs().get(attributes)?.since(oldestMs) ?? noExemplars;
}

/**
 * Returns the newest exemplar of each bucket.
 *
 * @param exemplars oldest first
 * @param boundaries inclusive upper bounds
 */
export function exemplarsByBucket(
  exemplars: readonly Exemplar[],
  boundaries: readonly number[],
): (Exemplar | undefined)[] {
  const buckets: (Exemplar | undefined)[] = Array.from({ length: boundaries.length + 1 });
  for (const exemplar of exemplars) {
    const index = boundaries.findIndex((boundary) => exemplar.value <= boundary);
    buckets[index === -1 ? boundaries.length : index] = exemplar;
  }
  return buckets;
}
