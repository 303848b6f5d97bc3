/** Percent-encodes the characters that a request target or a header field cannot hold. */
export const percentEncode = (text: string): string => text.toWellFormed().replaceAll(/[^!-~]/gu, encodeURI);
