import type { OutgoingHttpHeaders } from 'node:http2';

/** Headers of a request: an object or, since Node.js 24, alternating names and values. */
export type Http2Headers = OutgoingHttpHeaders | readonly string[];

/** Returns a header, if it has one value. @param name in lower case */
export function getHeader(headers: Http2Headers, name: string): string | undefined {
  const value: unknown = Array.isArray(headers)
    ? headers[headers.findIndex((each, index) => index % 2 === 0 && each.toLowerCase() === name) + 1 || -1]
    : (headers as OutgoingHttpHeaders)[name];
  return typeof value === 'string' ? value : undefined;
}

/** Returns a copy with more headers, in place of those of the same names. */
export function addHeaders(headers: Http2Headers, added: Readonly<Record<string, string>>): Http2Headers {
  const names = new Set(Object.keys(added).map((name) => name.toLowerCase()));
  if (Array.isArray(headers)) {
    const others = headers.filter((_, index) => !names.has(headers[index - (index % 2)].toLowerCase()));
    return [...others, ...Object.entries(added).flat()];
  }
  // `Reflect.ownKeys` includes the symbol that marks sensitive headers.
  const copy: Record<string | symbol, unknown> = {};
  for (const key of Reflect.ownKeys(headers)) {
    if (typeof key === 'string' && names.has(key.toLowerCase())) continue;
    copy[key] = (headers as Record<string | symbol, unknown>)[key];
  }
  return Object.assign(copy, added) as OutgoingHttpHeaders;
}
