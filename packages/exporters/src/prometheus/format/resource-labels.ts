import type { Attributes } from '@opentelemetry/api';

import type { LabelSource } from './labels.ts';

/** Patterns of attribute keys: `*` matches any characters, `?` one character. `excluded` takes precedence. */
export interface KeyPatterns {
  readonly included: readonly string[];
  readonly excluded?: readonly string[];
}

/**
 * Returns the resource attributes that are labels of every series.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/prometheus/#configuration
 */
export function resourceLabels(
  resource: Attributes,
  patterns: readonly string[] | KeyPatterns,
): readonly LabelSource[] {
  const { included, excluded = [] } = 'included' in patterns ? patterns : { included: patterns };
  if (included.length === 0) return [];
  const isIncluded = matcher(included);
  const isExcluded = matcher(excluded);
  return Object.entries(resource).filter(([key]) => isIncluded(key) && !isExcluded(key));
}

/** Whether a value is a list of patterns, or `{ included, excluded }`. */
export function isKeyPatterns(value: unknown): boolean {
  if (isStrings(value)) return true;
  if (typeof value !== 'object' || value === null) return false;
  const { included, excluded = [], ...others } = value as Record<string, unknown>;
  return isStrings(included) && isStrings(excluded) && Object.keys(others).length === 0;
}

const isStrings = (value: unknown): boolean =>
  Array.isArray(value) && value.every((key) => typeof key === 'string');

function matcher(patterns: readonly string[]): (key: string) => boolean {
  const expressions = patterns.map(
    (pattern) =>
      new RegExp(
        `^${pattern
          .replace(/[\\^$+.()|[\]{}]/g, String.raw`\$&`)
          .replaceAll('*', '.*')
          .replaceAll('?', '.')}$`,
        's',
      ),
  );
  return (key) => expressions.some((expression) => expression.test(key));
}
