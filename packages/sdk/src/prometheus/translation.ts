import { toUnderscores } from './identifier.ts';
import { unitParts, unitWords } from './unit.ts';

/**
 * How OpenTelemetry names are translated to Prometheus names.
 *
 * - `UnderscoreEscapingWithSuffixes`: `http.server.request.duration` in `s` is `http_server_request_duration_seconds`.
 * - `UnderscoreEscapingWithoutSuffixes`: `http_server_request_duration`.
 * - `NoUTF8EscapingWithSuffixes`: `http.server.request.duration_seconds`, for scrapers that support UTF-8 names.
 * - `NoTranslation`: `http.server.request.duration`, likewise.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/prometheus/#configuration
 */
export type TranslationStrategy =
  | 'UnderscoreEscapingWithSuffixes'
  | 'UnderscoreEscapingWithoutSuffixes'
  | 'NoUTF8EscapingWithSuffixes'
  | 'NoTranslation';

/** All translation strategies of the specification. */
export const translationStrategies: readonly TranslationStrategy[] = [
  'UnderscoreEscapingWithSuffixes',
  'UnderscoreEscapingWithoutSuffixes',
  'NoUTF8EscapingWithSuffixes',
  'NoTranslation',
];

/** The Prometheus type of a metric family. */
export type FamilyType = 'counter' | 'gauge' | 'histogram' | 'info';

/** The kind of a metric, which its name depends on. An up-down counter is a gauge for Prometheus, but `1` is no ratio there. */
export type MetricKind = FamilyType | 'upDownCounter';

/** The name of a metric family, and its unit suffix (`''` for none). */
export interface FamilyName {
  /** The name of the samples of a counter, gauge or info, and the prefix of those of a histogram. */
  readonly name: string;
  readonly unit: string;
}

/** The family name of a metric; `''` if the metric name has no valid characters. */
export function familyName(
  name: string,
  ucumUnit: string,
  kind: MetricKind,
  strategy: TranslationStrategy,
): FamilyName {
  const base = keepsUtf8(strategy) ? name : toUnderscores(name, true);
  if (base === '' || base === '_') return { name: '', unit: '' };
  if (strategy === 'NoTranslation' || strategy === 'UnderscoreEscapingWithoutSuffixes') {
    return { name: base, unit: '' };
  }
  if (strategy === 'UnderscoreEscapingWithSuffixes') return suffixedName(base, ucumUnit, kind);
  const unit = trimUnderscores(toUnderscores(unitWords(ucumUnit, kind === 'gauge'), false));
  let full = kind === 'counter' ? removeSuffix(base, 'total') : base;
  if (unit !== '' && !hasSuffix(full, unit)) full = appendWord(full, unit);
  if (kind === 'counter') full = appendWord(full, 'total');
  return { name: full, unit };
}

/**
 * Adds unit and type to the words of a name, as Prometheus does with metrics that it receives over OTLP: a word that the name has is
 * not added, wherever it is, so that `bytes.read` in `By` is `bytes_read`.
 */
function suffixedName(base: string, ucumUnit: string, kind: MetricKind): FamilyName {
  const { main, per } = unitParts(ucumUnit, kind === 'gauge');
  const [mainWord, perWord] = [main, per].map((part) => trimUnderscores(toUnderscores(part, false)));
  let words = base.split('_').filter((word) => word !== '');
  const addLast = (word: string): void => void (words = [...words.filter((each) => each !== word), word]);
  if (mainWord !== undefined && mainWord !== '') {
    if (ucumUnit === '1') addLast(mainWord);
    else if (!words.includes(mainWord)) words.push(mainWord);
  }
  if (perWord !== undefined && perWord !== '') words.push(perWord);
  if (kind === 'counter') addLast('total');
  const name = words.join('_');
  const unit = [mainWord, perWord].filter(Boolean).join('_');
  return { name: /^\d/.test(name) ? `_${name}` : name, unit };
}

/** The label name of an attribute key. Names that start with two underscores are reserved by Prometheus. */
export function labelName(key: string, strategy: TranslationStrategy): string {
  const isKept = keepsUtf8(strategy) && key !== '' && !key.startsWith('__');
  return isKept ? key : toUnderscores(key, false) || '_';
}

/** Whether names keep characters that require UTF-8 support. */
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
