import { unescape } from 'node:querystring';

/**
 * How the names of those query members end whose values never reach telemetry: the ones that the semantic conventions
 * name, and the usual ones of credentials. `=` marks a name that counts only as a whole. In lower case.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/url/
 */
export const secretQueryNames =
  '=code =key sid sig keyid api-key api_key apikey jwt secret session sessionid signature token tokens pwd password password] credential';

/** The query string with secret values replaced; other members stay as they came. */
export const redactQuery = (search: string, secrets: readonly string[]): string =>
  search
    .split('&')
    .map((member) => {
      const [written] = member.split('=', 1) as [string];
      const name = `=${unescape(written)}`.toLowerCase();
      return written && secrets.some((each) => name.endsWith(each)) ? `${written}=REDACTED` : member;
    })
    .join('&');
