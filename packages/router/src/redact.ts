import { parse } from 'node:querystring';

/**
 * Query members whose values never reach telemetry: those that the semantic conventions name, and the usual names of
 * credentials. In lower case.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/url/
 */
export const secretQueryNames: readonly string[] = (
  'access_token api_key awsaccesskeyid code id_token password refresh_token secret sig signature token ' +
  'x-amz-credential x-amz-security-token x-amz-signature x-goog-signature'
).split(' ');

/** The query string with secret values replaced; everything else stays as it came. */
export function redactedQuery(search: string, secrets: ReadonlySet<string>): string {
  return search.replaceAll(/([^&=]+)=[^&]*/gu, (member, written: string) => {
    const name = String(Object.keys(parse(written)));
    return secrets.has(name.toLowerCase()) ? `${written}=REDACTED` : member;
  });
}
