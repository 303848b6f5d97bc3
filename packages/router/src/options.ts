import { inspect } from 'node:util';
import { RouterError } from './router-error.ts';

/**
 * Checks options once, where they come in: throws one SONDE_ROUTER_OPTION that names every fault. `known` gives what
 * `typeof` must say of each, like `boolean or string`. All numbers in options count something.
 */
export function checkOptions(where: string, options: object, known: Readonly<Record<string, string>>): void {
  const faults = Object.entries(options).flatMap(([name, value]: [string, unknown]) => {
    const kinds = Object.hasOwn(known, name) ? known[name] : undefined;
    if (kinds === undefined) return [`${name} is unknown (known: ${Object.keys(known).join(', ')})`];
    const fits = kinds.includes(typeof value) && (typeof value !== 'number' || isCount(value));
    return fits || value === undefined ? [] : [`${name} must be a ${kinds}, not ${inspect(value)}`];
  });
  if (faults.length > 0) throw new RouterError('SONDE_ROUTER_OPTION', `${where}: ${faults.join('; ')}`);
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
