import { isPlainValue, toAnyValue } from '@sonde/sdk';

/** Formats a log body or attribute: strings unchanged, other values as JSON. Never throws. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  return jsonText(value);
}

/** Formats any value as JSON. Values without a JSON form become strings; placeholders mark truncated and unreadable values. */
export function jsonText(value: unknown): string {
  return JSON.stringify(isPlainValue(value) ? value : toAnyValue(value), toJsonValue) ?? 'null';
}

function toJsonValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return value;
}
