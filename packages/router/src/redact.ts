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
  const redacted = (member: string): string => {
    const at = member.indexOf('=') + 1;
    const [name = ''] = Object.keys(parse(member));
    return at > 0 && secrets.has(name.toLowerCase()) ? `${member.slice(0, at)}REDACTED` : member;
  };
  return search.split('&').map(redacted).join('&');
}
