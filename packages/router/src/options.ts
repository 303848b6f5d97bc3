import { inspect } from 'node:util';
import { RouterError } from './router-error.ts';

/**
 * Checks options once, where they come in, and gives those that are defined: throws one SONDE_ROUTER_OPTION that names
 * every fault. `known` gives what `typeof` must say of each, like `boolean or string`. All numbers count something.
 */
export function checked<Options extends object>(
  where: string,
  options: Options,
  known: Readonly<Record<string, string>>,
): Options {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const faults = given.flatMap(([name, value]: [string, unknown]) => {
    const kinds = known[name];
    if (!kinds) return [`${name} is none of ${Object.keys(known).join(', ')}`];
    const fits =
      kinds.includes(typeof value) &&
      (typeof value !== 'number' || (Number.isSafeInteger(value) && value >= 0));
    return fits ? [] : [`${name} must be a ${kinds}, not ${inspect(value)}`];
  });
  if (faults.length) throw new RouterError('SONDE_ROUTER_OPTION', `${where}: ${faults.join('; ')}`);
  return Object.fromEntries(given) as Options;
}
