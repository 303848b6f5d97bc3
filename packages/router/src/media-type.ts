/** A content-type, taken apart. */
export interface MediaType {
  /** `type/subtype` in lower case. */
  readonly essence: string;
  readonly charset: string | undefined;
}

const isTokenCharacter = (character: string): boolean =>
  "!#$%&'*+-.^_`|~".includes(character) || isWord(character);
const isWord = (c: string): boolean =>
  (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

/** Whether a text is a token: the characters that names in HTTP are made of. */
export function isToken(text: string): boolean {
  return text !== '' && Array.prototype.every.call(text, isTokenCharacter);
}

/**
 * Reads a content-type strictly: anything malformed is undefined, and so cannot pass for a type it resembles.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-media-type
 */
export function parseMediaType(value: string): MediaType | undefined {
  const [essence = '', ...parameters] = value.split(';');
  const [type = '', subtype = '', ...more] = trim(essence).split('/');
  if (more.length > 0 || !isToken(type) || !isToken(subtype)) return undefined;
  let charset: string | undefined;
  for (const parameter of parameters.map(trim)) {
    if (parameter === '') continue;
    const equals = parameter.indexOf('=');
    const name = parameter.slice(0, equals).toLowerCase();
    if (equals === -1 || !isToken(name)) return undefined;
    if (name !== 'charset') continue;
    const text = unquote(parameter.slice(equals + 1)).toLowerCase();
    if (charset !== undefined || !isToken(text)) return undefined;
    charset = text;
  }
  return { essence: `${type}/${subtype}`.toLowerCase(), charset };
}

/** Strips the white space that HTTP allows: spaces and tabs, not what Unicode calls space. */
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && (text[start] === ' ' || text[start] === '\t')) start++;
  while (end > start && (text[end - 1] === ' ' || text[end - 1] === '\t')) end--;
  return text.slice(start, end);
}

const unquote = (text: string): string =>
  text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
