import type { Attributes } from '@opentelemetry/api';

/** A copy with sorted keys that nobody can change. */
export function frozenAttributes(attributes: Attributes): Attributes {
  const copy: Attributes = {};
  for (const key of Object.keys(attributes).toSorted()) {
    const value = attributes[key];
    if (value === undefined) continue;
    // A plain assignment of __proto__ would set the prototype.
    Object.defineProperty(copy, key, { value: copiedValue(value), enumerable: true });
  }
  return Object.freeze(copy);
}

/** Whether the same object will always have the same attributes. */
export function isConstant(attributes: Attributes): boolean {
  return (
    Object.isFrozen(attributes) &&
    Object.values(Object.getOwnPropertyDescriptors(attributes)).every(
      (property) => 'value' in property && typeof property.value !== 'object',
    )
  );
}

function copiedValue<Value>(value: Value): Value | string {
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? String(value) : value;
  try {
    JSON.stringify(value);
    return structuredClone(value);
  } catch {
    return '[unserializable]';
  }
}
