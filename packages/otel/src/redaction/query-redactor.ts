import type { RedactConfig } from '../config/config.ts';
import { redactQuery, type QueryNames } from './redact-url.ts';
import { SensitiveKeys } from './sensitive-keys.ts';

/** What never stands in telemetry, whatever the options say: the semantic conventions' own list, and what clouds sign with. */
const conventional: ReadonlySet<string> = new Set([
  'sig',
  'Signature',
  'AWSAccessKeyId',
  'X-Goog-Signature',
  'X-Amz-Signature',
  'X-Amz-Credential',
  'X-Amz-Security-Token',
]);
const conventionalNames: QueryNames = { hasQueryMember: (name) => conventional.has(name) };

/**
 * What takes secrets out of the query of an incoming request, before anything sees it.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/url/
 */
export function createQueryRedactor(config: RedactConfig): (query: string) => string {
  const names = config.isEnabled ? new SensitiveKeys(config.keys, config.except) : conventionalNames;
  return (query) => redactQuery(query, names);
}
