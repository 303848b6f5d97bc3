/**
 * Replaces each run of characters that are invalid in Prometheus names by one underscore, and prefixes a leading digit with an
 * underscore. Colons are valid in metric names only. `''` stays empty.
 */
export function toUnderscores(name: string, colons: boolean): string {
  let result = '';
  for (let index = 0; index < name.length; index++) {
    const code = name.charCodeAt(index);
    if (isWord(code) || (colons && code === 0x3a)) result += name[index];
    else if (result.at(-1) !== '_') result += '_';
  }
  result = collapseUnderscores(result);
  return isDigit(result.charCodeAt(0)) ? `_${result}` : result;
}

/** Whether the name is valid without quotes. */
export function isPlainIdentifier(name: string, colons: boolean): boolean {
  if (name === '' || isDigit(name.charCodeAt(0))) return false;
  for (let index = 0; index < name.length; index++) {
    const code = name.charCodeAt(index);
    if (!isWord(code) && !(colons && code === 0x3a)) return false;
  }
  return true;
}

function collapseUnderscores(name: string): string {
  if (!name.includes('__')) return name;
  let result = '';
  for (const character of name) if (character !== '_' || result.at(-1) !== '_') result += character;
  return result;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isWord(code: number): boolean {
  return isDigit(code) || code === 0x5f || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}
