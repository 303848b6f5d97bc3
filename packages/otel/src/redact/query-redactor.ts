import type { Config } from '../config/settings.ts';
import { redactedQuery, type QueryNames } from './redacted-url.ts';
import { SecretNames } from './secret-names.ts';

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
export function chooseQueryRedactor(config: Config): (query: string) => string {
  const names =
    config.redact === false
      ? conventionalNames
      : new SecretNames(config['redact.keys'], config['redact.except']);
  return (query) => redactedQuery(query, names);
}
