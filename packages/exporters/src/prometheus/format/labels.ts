import { jsonText } from '../../console/value-text.ts';
import { isPlainIdentifier } from './identifier.ts';

/** One label; the name is not escaped yet, the value is whole and unescaped. */
export interface Label {
  readonly name: string;
  readonly value: string;
}

/** A source of labels: an attribute's key and any value, however odd. */
export type LabelSource = readonly [key: string, value: unknown];

/**
 * Turns attributes into labels that Prometheus accepts: names that collide after translation become one label with the values joined by
 * `;` in the order of their keys, names taken by the metric itself get the prefix `exported_`, values that are not text become JSON, and
 * labels without a value are left out, since Prometheus sees no difference.
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

/** `a="b",c="d"`, escaped, without braces; a name that is no plain identifier stands in quotes. */
export function labelText(labels: readonly Label[]): string {
  let text = '';
  for (const { name, value } of labels) {
    text += `${text === '' ? '' : ','}${quotedName(name, false)}="${escapeLabelValue(value)}"`;
  }
  return text;
}

/** The name, in quotes when it is no plain identifier. */
export function quotedName(name: string, colons: boolean): string {
  return isPlainIdentifier(name, colons) ? name : `"${escapeLabelValue(name)}"`;
}

/** Backslash, quote and line feed escaped; NUL, which ends the text for Prometheus's parser, becomes U+FFFD. */
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
  if (value === undefined || typeof value === 'function' || typeof value === 'symbol') return '';
  return jsonText(value);
}

function byKey([a]: LabelSource, [b]: LabelSource): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
