import type { AnyValue, Attributes } from '@opentelemetry/api';
import { isPlainValue, toAnyValue } from '../values/value-converter.ts';

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

/** A value that nobody else can change, as text where JSON has no word for it: the identity of a series is JSON. */
function copiedValue(value: AnyValue): AnyValue {
  if (isPlainValue(value)) return value;
  const copy = toAnyValue(value);
  return typeof copy === 'bigint' ? String(copy) : copy;
}
