import type { Attributes } from '@opentelemetry/api';

import { errorText } from './attributes/exception.ts';

/** The maximum length of a text that identifies a scope or an instrument: four times a valid instrument name. */
const maxLength = 1024;

/**
 * Converts a name, version, schema URL or unit to text, and truncates it to 1,024 characters. Callers without types pass
 * values that throw when they are converted. Never throws.
 *
 * @returns undefined for undefined and null
 */
export function toIdentifier(value: unknown): string | undefined {
  if (typeof value === 'string') return value.length <= maxLength ? value : value.slice(0, maxLength);
  return value === undefined || value === null ? undefined : errorText(value);
}

/** Reads an option; undefined if that throws. */
export function readOption(options: unknown, name: string): unknown {
  if ((typeof options !== 'object' && typeof options !== 'function') || options === null) return undefined;
  try {
    return (options as Readonly<Record<string, unknown>>)[name];
  } catch {
    return undefined;
  }
}

/** The arguments of `getTracer()`, `getMeter()` and `getLogger()`, as text. */
export interface ScopeIdentity {
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly schemaUrl: string | undefined;
}

/** Reads the arguments that identify an instrumentation scope. Never throws. */
export function readScope(
  name: unknown,
  version: unknown,
  options: { readonly schemaUrl?: string; readonly attributes?: Attributes } | undefined | null,
): ScopeIdentity {
  return {
    name: toIdentifier(name),
    version: toIdentifier(version),
    schemaUrl: options === undefined ? undefined : toIdentifier(readOption(options, 'schemaUrl')),
  };
}
