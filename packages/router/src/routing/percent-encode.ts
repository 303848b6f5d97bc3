/** Percent-encodes the characters that a request target or a header field cannot hold. */
export const percentEncode = (text: string): string => text.toWellFormed().replaceAll(/[^!-~]/gu, encodeURI);

/** Writes percent-encoded bytes with upper-case digits: `%c3` and `%C3` are equivalent. */
export const normalizeEscapes = (path: string): string =>
  path.replaceAll(/%[\da-f]{2}/gi, (escape) => escape.toUpperCase());
