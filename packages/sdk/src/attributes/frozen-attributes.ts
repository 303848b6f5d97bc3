import type { AnyValue, Attributes } from '@opentelemetry/api';
import { truncateName } from '../values/members.ts';
import { isPlainValue, toAnyValue } from '../values/value-converter.ts';

/** Returns a frozen copy with sorted keys. */
export function frozenAttributes(attributes: Attributes): Attributes {
  const copy: Attributes = {};
  for (const key of Object.keys(attributes).toSorted()) {
    const value = attributes[key];
    if (value === undefined) continue;
    // A plain assignment of __proto__ would set the prototype.
    Object.defineProperty(copy, truncateName(key), { value: copyValue(value), enumerable: true });
  }
  return Object.freeze(copy);
}

/** Whether the attributes of an object can never change. */
export function isConstant(attributes: Attributes): boolean {
  return (
    Object.isFrozen(attributes) &&
    Object.values(Object.getOwnPropertyDescriptors(attributes)).every(
      (property) => 'value' in property && typeof property.value !== 'object',
    )
  );
}

/** Copies a value. A `bigint` becomes text, because the identity of a series is JSON. */
function copyValue(value: AnyValue): AnyValue {
  if (isPlainValue(value)) return value;
  const copy = toAnyValue(value);
  return typeof copy === 'bigint' ? String(copy) : copy;
}
