import { isPlainValue, toAnyValue } from '@sonde/sdk';

/** Any log body or attribute as text: strings as they are, the rest as JSON. Never throws, whatever the value hides. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  return jsonText(value);
}

/** Any value as JSON; what JSON has no word for becomes text, and a mark stands for what is cut or cannot be read. */
export function jsonText(value: unknown): string {
  return JSON.stringify(isPlainValue(value) ? value : toAnyValue(value), replaced) ?? 'null';
}

function replaced(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return value;
}
