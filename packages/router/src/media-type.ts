/** A content-type, taken apart. */
export interface MediaType {
  /** `type/subtype` in lower case. */
  readonly essence: string;
  readonly charset: string | undefined;
}

const tokenCharacters = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz";

/** Whether a text is a token: the characters that names in HTTP are made of. */
export function isToken(text: string): boolean {
  return (
    text !== '' && Array.from(text.toLowerCase()).every((character) => tokenCharacters.includes(character))
  );
}

/**
 * Reads a content-type strictly: anything malformed is undefined, and so cannot pass for a type it resembles.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-media-type
 */
export function parseMediaType(value: string): MediaType | undefined {
  const [essence = '', ...parameters] = value.toLowerCase().split(';');
  const [type = '', subtype = '', ...more] = essence.trimEnd().split('/');
  if (more.length > 0 || !isToken(type) || !isToken(subtype)) return undefined;
  let charset: string | undefined;
  for (const parameter of parameters) {
    const [name = '', text] = parameter.trim().split('=', 2);
    if (!isToken(name) || text === undefined || (name === 'charset' && charset !== undefined))
      return undefined;
    if (name === 'charset') charset = text.replaceAll('"', '');
  }
  return { essence: `${type}/${subtype}`, charset };
}
