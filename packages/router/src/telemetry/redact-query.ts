import { unescape } from 'node:querystring';

/**
 * Suffixes of the names of query parameters that hold credentials, in lower case; `=` marks the start of a name.
 * Includes the names of the semantic conventions.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/url/
 */
export const secretQueryNames =
  '=code =key =sid .sid sessid =sig accesskeyid api-key api_key apikey jwt secret =session sessionid signature token tokens pwd password password] credential';

/** Replaces the values of credentials in a query string; everything else is unchanged. */
export const redactQuery = (search: string, secrets: readonly string[]): string =>
  search
    .split('&')
    .map((parameter) => {
      const [encodedName] = parameter.split('=', 1) as [string];
      const name = `=${unescape(encodedName)}`.toLowerCase();
      return encodedName.length + 1 < parameter.length && secrets.some((each) => name.endsWith(each))
        ? `${encodedName}=REDACTED`
        : parameter;
    })
    .join('&');
