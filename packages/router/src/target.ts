/** Percent-encodes what cannot stand in a request target or a header field. */
export const encodeTarget = (text: string): string => text.replaceAll(/[^!-~]/gu, encodeURI);
