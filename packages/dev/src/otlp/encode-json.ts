import type { OtlpValue, PlainValue } from './value.ts';

/** A plain value as OTLP's JSON writes it. */
export function toOtlpValue(value: PlainValue): OtlpValue {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number')
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (value === null) return {};
  if (Array.isArray(value)) return { arrayValue: { values: value.map(toOtlpValue) } };
  return { kvlistValue: { values: toKeyValues(value as Readonly<Record<string, PlainValue>>, undefined) } };
}

/** Attributes as OTLP's JSON writes them, exactly as they were sent. */
export function toKeyValues(
  attributes: Readonly<Record<string, PlainValue>>,
  exact: Readonly<Record<string, OtlpValue>> | undefined,
): { key: string; value: OtlpValue }[] {
  return Object.entries(attributes).map(([key, value]) => {
    const given = exact !== undefined && Object.hasOwn(exact, key) ? exact[key] : undefined;
    return { key, value: given ?? toOtlpValue(value) };
  });
}
