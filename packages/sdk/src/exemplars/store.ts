import type { Attributes } from '@opentelemetry/api';

import type { Exemplar, Reservoir } from './reservoir.ts';

const key = Symbol.for('@sonde/exporters.exemplars');
const none: readonly Exemplar[] = [];

/** The reservoirs of the process by the identity of the attributes that stand in collected points; one map, also where the package is loaded twice. */
function reservoirs(): WeakMap<Attributes, Reservoir> {
  const holder: typeof globalThis & { [key]?: WeakMap<Attributes, Reservoir> } = globalThis;
  holder[key] ??= new WeakMap();
  return holder[key];
}

/** Makes a reservoir the one of every point that carries these attributes. */
export function attachReservoir(attributes: Attributes, reservoir: Reservoir): void {
  reservoirs().set(attributes, reservoir);
}

/** The exemplars of a point no older than `oldestMs` (Unix time), oldest first. */
export function getExemplars(attributes: Attributes, oldestMs: number): readonly Exemplar[] {
  return reservoirs().get(attributes)?.since(oldestMs) ?? none;
}
