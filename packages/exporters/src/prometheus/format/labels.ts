import { jsonText } from '../../console/value-text.ts';
import { isPlainIdentifier } from '@sonde/sdk/prometheus';

/** A label with an unescaped value. */
export interface Label {
  readonly name: string;
  readonly value: string;
}

/** The key and the value of an attribute. The value may be of any type. */
export type LabelSource = readonly [key: string, value: unknown];

/**
 * Converts attributes to labels. Names that collide after translation become one label with the values joined by `;` in the order
 * of their keys; names that the metric itself uses get the prefix `exported_`; values that are not primitive become JSON; and
 * labels with an empty value are omitted, which is equivalent in Prometheus.
 *
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-attributes
 */
export function toLabels(
  sources: readonly LabelSource[],
  reserved: string,
  labelName: (key: string) => string,
): Label[] {
  const values = new Map<string, string>();
  for (const [key, raw] of sources.toSorted(byKey)) {
    const value = labelValue(raw);
    if (value === '') continue;
    const translated = labelName(key);
    const name = translated === reserved ? `exported_${translated}` : translated;
    const previous = values.get(name);
    values.set(name, previous === undefined ? value : `${previous};${value}`);
  }
  return Array.from(values, ([name, value]) => ({ name, value }));
}

/** Escaped labels without braces: `a="b",c="d"`. A name that is not a plain identifier is quoted. */
export function labelText(labels: readonly Label[]): string {
  let text = '';
  for (const { name, value } of labels) {
    text += `${text === '' ? '' : ','}${quotedName(name, false)}="${escapeLabelValue(value)}"`;
  }
  return text;
}

/** The name, quoted if it is not a plain identifier. */
export function quotedName(name: string, colons: boolean): string {
  return isPlainIdentifier(name, colons) ? name : `"${escapeLabelValue(name)}"`;
}

/** Escapes backslash, quote and line feed; NUL, at which Prometheus's parser stops, becomes U+FFFD. */
export function escapeLabelValue(value: string): string {
  let start = 0;
  let escaped = '';
  for (let index = 0; index < value.length; index++) {
    const replacement = labelEscapes[value.charCodeAt(index)];
    if (replacement === undefined) continue;
    escaped += value.slice(start, index) + replacement;
    start = index + 1;
  }
  return start === 0 ? value : escaped + value.slice(start);
}

const labelEscapes: Readonly<Record<number, string>> = {
  0x00: '\u{FFFD}',
  0x0a: '\\n',
  0x22: '\\"',
  0x5c: '\\\\',
};

function labelValue(value: unknown): string {
  if (typeof value === 'string') return value.isWellFormed() ? value : value.toWellFormed();
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  if (value === undefined || value === null || typeof value === 'function' || typeof value === 'symbol')
    return '';
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return jsonText(value);
}

function byKey([a]: LabelSource, [b]: LabelSource): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
