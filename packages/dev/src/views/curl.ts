import { type Database, parseJson } from './database.ts';

function quote(text: string): string {
  // oxlint-disable-next-line no-control-regex -- a control character could do something else than be pasted
  const printable = text.replaceAll(/[\u0000-\u001f\u007f]/g, '');
  return `'${printable.replaceAll("'", String.raw`'\''`)}'`;
}

/** The command that repeats the request of a server span; null when its address is not known. */
export function curlCommand(database: Database, span: number): string | null {
  const row = database.get('SELECT attributes, method FROM spans WHERE id = ?', span);
  const attributes = parseJson<Record<string, string | number | object>>(row?.['attributes'], {});
  const text = (...keys: string[]): string | undefined => {
    const value = keys.map((key) => attributes[key]).find((given) => given !== undefined && given !== '');
    return value === undefined || typeof value === 'object' ? undefined : String(value);
  };
  const method = typeof row?.['method'] === 'string' ? row['method'] : undefined;
  const address = text('url.full', 'http.url') ?? composed(text);
  if (method === undefined || address === undefined) return null;
  const verb = method === 'GET' ? '' : method === 'HEAD' ? '-I ' : `-X ${quote(method)} `;
  return `curl -i ${verb}${quote(address)}`;
}

function composed(text: (...keys: string[]) => string | undefined): string | undefined {
  const host = text('server.address', 'net.host.name');
  const path = text('url.path', 'http.target');
  if (host === undefined || path === undefined) return undefined;
  const scheme = text('url.scheme', 'http.scheme') ?? 'http';
  const port = text('server.port', 'net.host.port');
  const query = text('url.query');
  const name = host.includes(':') ? `[${host}]` : host;
  return `${scheme}://${name}${port === undefined ? '' : `:${port}`}${path}${query === undefined ? '' : `?${query}`}`;
}
