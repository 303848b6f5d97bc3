import { isPlainIdentifier } from '@sonde/sdk/prometheus';

/**
 * How names with characters other than `[a-zA-Z_:][a-zA-Z0-9_:]*` are escaped.
 *
 * @see https://prometheus.io/docs/instrumenting/escaping_schemes/
 */
export type EscapingScheme = 'allow-utf-8' | 'underscores' | 'dots' | 'values';

/** Whether a string is the name of an escaping scheme. */
export function isEscapingScheme(text: string): text is EscapingScheme {
  return text === 'allow-utf-8' || text === 'underscores' || text === 'dots' || text === 'values';
}

/** Escapes a name; colons are valid in metric names only. */
export function escapeName(name: string, scheme: EscapingScheme, colons: boolean): string {
  if (scheme === 'allow-utf-8' || name === '') return name;
  if (scheme !== 'dots' && isPlainIdentifier(name, colons)) return name;
  let escaped = scheme === 'values' ? 'U__' : '';
  let isFirst = true;
  for (const character of name) {
    escaped += escapeCharacter(character, isFirst, scheme, colons);
    isFirst = false;
  }
  return escaped;
}

function escapeCharacter(
  character: string,
  isFirst: boolean,
  scheme: Exclude<EscapingScheme, 'allow-utf-8'>,
  colons: boolean,
): string {
  if (character === '_' && scheme !== 'underscores') return '__';
  if (isPlainIdentifier(isFirst ? character : `_${character}`, colons)) return character;
  if (scheme === 'underscores') return '_';
  if (scheme === 'dots') return character === '.' ? '_dot_' : '__';
  const code = character.isWellFormed() ? (character.codePointAt(0) ?? 0) : 0xfffd;
  return `_${code.toString(16)}_`;
}
