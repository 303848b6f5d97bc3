import { toUnderscores } from './identifier.ts';
import { unitWords } from './unit.ts';

/**
 * How OpenTelemetry's names become Prometheus's.
 *
 * - `UnderscoreEscapingWithSuffixes`: `http.server.request.duration` in `s` is `http_server_request_duration_seconds`.
 * - `UnderscoreEscapingWithoutSuffixes`: `http_server_request_duration`.
 * - `NoUTF8EscapingWithSuffixes`: `http.server.request.duration_seconds`, for scrapers that ask for UTF-8 names.
 * - `NoTranslation`: `http.server.request.duration`, likewise.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/prometheus/#configuration
 */
export type TranslationStrategy =
  | 'UnderscoreEscapingWithSuffixes'
  | 'UnderscoreEscapingWithoutSuffixes'
  | 'NoUTF8EscapingWithSuffixes'
  | 'NoTranslation';

/** Every translation strategy that the specification names. */
export const translationStrategies: readonly TranslationStrategy[] = [
  'UnderscoreEscapingWithSuffixes',
  'UnderscoreEscapingWithoutSuffixes',
  'NoUTF8EscapingWithSuffixes',
  'NoTranslation',
];

/** What a metric is to Prometheus. */
export type FamilyType = 'counter' | 'gauge' | 'histogram' | 'info';

/** The name of a metric family, and the unit that its name ends with (`''` for none). */
export interface FamilyName {
  /** The name that samples of a counter, gauge or info carry, and that those of a histogram start with. */
  readonly name: string;
  readonly unit: string;
}

/** Names a metric; the name is `''` when nothing of it can be kept. */
export function familyName(
  name: string,
  ucumUnit: string,
  type: FamilyType,
  strategy: TranslationStrategy,
): FamilyName {
  const base = keepsUtf8(strategy) ? name : toUnderscores(name, true);
  if (base === '' || base === '_') return { name: '', unit: '' };
  if (strategy === 'NoTranslation' || strategy === 'UnderscoreEscapingWithoutSuffixes') {
    return { name: base, unit: '' };
  }
  const unit = trimUnderscores(toUnderscores(unitWords(ucumUnit, type === 'gauge'), false));
  let full = type === 'counter' ? removeSuffix(base, 'total') : base;
  if (unit !== '' && !hasSuffix(full, unit)) full = appendWord(full, unit);
  if (type === 'counter') full = appendWord(full, 'total');
  return { name: full, unit };
}

/** The name of the label for an attribute's key. Names that start with two underscores belong to Prometheus. */
export function labelName(key: string, strategy: TranslationStrategy): string {
  const isForeign = keepsUtf8(strategy) && key !== '' && !key.startsWith('__');
  return isForeign ? key : toUnderscores(key, false) || '_';
}

/** Whether names keep characters that only scrapers of UTF-8 names understand. */
function keepsUtf8(strategy: TranslationStrategy): boolean {
  return strategy === 'NoUTF8EscapingWithSuffixes' || strategy === 'NoTranslation';
}

function hasSuffix(name: string, word: string): boolean {
  return name === word || name.endsWith(`_${word}`) || name.endsWith(`.${word}`);
}

function removeSuffix(name: string, word: string): string {
  if (name === word || !hasSuffix(name, word)) return name;
  return name.slice(0, -word.length - 1);
}

function appendWord(name: string, word: string): string {
  if (name === word) return name;
  return name.endsWith('_') ? name + word : `${name}_${word}`;
}

function trimUnderscores(name: string): string {
  const start = name.startsWith('_') ? 1 : 0;
  return name.endsWith('_') ? name.slice(start, -1) : name.slice(start);
}
