import { warnOnce } from '../diagnostics/notice.ts';

/** Most characters of a value that a notice shows. */
const maxShown = 80;

/** The text of a variable; undefined when it is unset or blank, which is the same by the specification. */
export function environmentText(name: string): string | undefined {
  const text = process.env[name]?.trim();
  return text === undefined || text === '' ? undefined : text;
}

/** A word of an enumeration, in lower case: the specification asks for values in any case. */
export function environmentWord(name: string): string | undefined {
  return environmentText(name)?.toLowerCase();
}

/**
 * Reports once that the value of a variable is invalid, and what is used in its place.
 *
 * @param allowed what the variable may hold: `an integer above 0`
 * @param instead what is used, when it is not the default
 */
export function reportVariable(name: string, allowed: string, instead = 'the default is used'): void {
  const shown = JSON.stringify((process.env[name] ?? '').slice(0, maxShown));
  warnOnce('SONDE_ENVIRONMENT_INVALID', name, `${name}=${shown} is invalid; expected ${allowed}; ${instead}`);
}

/** A whole number from 0; undefined, and reported once, when the variable holds anything else. */
export function environmentCount(name: string): number | undefined {
  const text = environmentText(name);
  if (text === undefined) return undefined;
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 0) return count;
  reportVariable(name, 'an integer from 0');
  return undefined;
}
