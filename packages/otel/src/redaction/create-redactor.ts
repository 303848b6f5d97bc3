import type { RedactConfig } from '../config/config.ts';
import { type QueryNames, redactQuery } from './redact-url.ts';
import { Redactor } from './redactor.ts';
import { SensitiveKeys } from './sensitive-keys.ts';

/** Creates the redactor of one pipeline; undefined when redaction is disabled. */
export function createRedactor(config: RedactConfig): Redactor | undefined {
  if (!config.isEnabled) return undefined;
  return new Redactor(new SensitiveKeys(config.keys, config.except), { messages: config.messages });
}

/** Query parameters that are redacted even when redaction is disabled: those of the semantic conventions, and cloud signatures. */
const conventionalNames: ReadonlySet<string> = new Set([
  'sig',
  'Signature',
  'AWSAccessKeyId',
  'X-Goog-Signature',
  'X-Amz-Signature',
  'X-Amz-Credential',
  'X-Amz-Security-Token',
]);
const conventionalQueryNames: QueryNames = { hasQueryMember: (name) => conventionalNames.has(name) };

/**
 * Creates the function that redacts the query of an incoming request.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/url/
 */
export function createQueryRedactor(config: RedactConfig): (query: string) => string {
  const names = config.isEnabled ? new SensitiveKeys(config.keys, config.except) : conventionalQueryNames;
  return (query) => redactQuery(query, names);
}
