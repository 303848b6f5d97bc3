import { inspect } from 'node:util';
import { RouterError } from './router-error.ts';

/** What `typeof` must say of an option; one of several. */
export type Kind = 'number' | 'boolean' | 'string' | 'object' | 'function';

/** Checks options once, where they come in: throws one SONDE_ROUTER_OPTION that names every fault. */
export function checkOptions(
  where: string,
  options: object,
  known: Readonly<Record<string, readonly Kind[]>>,
): void {
  const faults = Object.entries(options).flatMap(([name, value]: [string, unknown]) => {
    const kinds: readonly string[] | undefined = Object.hasOwn(known, name) ? known[name] : undefined;
    if (kinds === undefined) return [`${name} is unknown (known are ${Object.keys(known).join(', ')})`];
    if (value === undefined || (kinds.includes(typeof value) && isCountIfNumber(value))) return [];
    return [`${name} must be a ${kinds.join(' or ')}, not ${inspect(value)}`];
  });
  if (faults.length > 0) throw new RouterError('SONDE_ROUTER_OPTION', `${where}: ${faults.join('; ')}`);
}

/** All numbers in options count something. */
function isCountIfNumber(value: unknown): boolean {
  return typeof value !== 'number' || (Number.isSafeInteger(value) && value >= 0);
}
