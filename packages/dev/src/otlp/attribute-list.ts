import { bounds } from './bounds.ts';
import type { OtlpValue, PlainValue } from './value.ts';

/** Keys come again and again: each is quoted once. */
const quotedKeys = new Map<string, string>();

function quoteKey(key: string): string {
  const known = quotedKeys.get(key);
  if (known !== undefined) return known;
  const quoted = `${JSON.stringify(key)}:`;
  if (quotedKeys.size > 10_000) quotedKeys.clear();
  quotedKeys.set(key, quoted);
  return quoted;
}

/** Attributes in the order in which they were sent, bounded; the first of two with one key is kept. */
export class AttributeList {
  readonly keys: string[] = [];
  readonly values: PlainValue[] = [];
  /** The values that the plain ones do not render exactly, as OTLP writes them. */
  exact: Record<string, OtlpValue> | undefined;
  /** How many were dropped here. */
  dropped = 0;

  /** Whether another one is kept. Counts it as dropped otherwise. */
  accepts(key: string): boolean {
    if (this.keys.length < bounds.attributes && !this.keys.includes(key)) return true;
    this.dropped += 1;
    return false;
  }

  add(key: string, value: PlainValue, exact?: OtlpValue): void {
    this.keys.push(key);
    this.values.push(value);
    if (exact === undefined) return;
    this.exact ??= Object.create(null) as Record<string, OtlpValue>;
    this.exact[key] = exact;
  }

  get(key: string): PlainValue | undefined {
    const index = this.keys.indexOf(key);
    return index === -1 ? undefined : this.values[index];
  }

  /** The value as text; undefined when there is none, or when it is empty. */
  text(...keys: string[]): string | undefined {
    for (const key of keys) {
      const value = this.get(key);
      if (typeof value === 'string' && value !== '') return value;
      if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    }
    return undefined;
  }

  /** The value as a number; undefined when there is none that reads as a number. */
  number(...keys: string[]): number | undefined {
    for (const key of keys) {
      const value = this.get(key);
      if (typeof value === 'number') return value;
      if (typeof value === 'string' && value !== '' && Number.isFinite(Number(value))) return Number(value);
    }
    return undefined;
  }

  /** The compact JSON object. */
  toText(): string {
    const { keys, values } = this;
    let text = '{';
    for (let index = 0; index < keys.length; index++) {
      if (index > 0) text += ',';
      text += quoteKey(keys[index] as string) + JSON.stringify(values[index]);
    }
    return `${text}}`;
  }
}
