import { RouterError } from './router-error.ts';

type Check = (value: unknown) => boolean;

const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isObject: Check = (value) => typeof value === 'object' && value !== null;
const isFlag: Check = (value) => typeof value === 'boolean';
const isPath: Check = (value) => typeof value === 'string' && value.startsWith('/');

/** What an option must be. */
export type Kind =
  | 'a count'
  | 'a function'
  | 'a host'
  | 'a list of names'
  | 'a port from 0 to 65535'
  | 'a server'
  | 'a Standard Schema'
  | 'true or false'
  | 'true, false or a count'
  | 'true, false or a path'
  | 'true, false or an object';

const checks: Readonly<Record<Kind, Check>> = {
  'a count': isCount,
  'a function': (value) => typeof value === 'function',
  'a host': (value) => typeof value === 'string' && value !== '',
  'a list of names': (value) => Array.isArray(value) && value.every((name) => typeof name === 'string'),
  'a port from 0 to 65535': (value) => isCount(value) && Number(value) <= 65_535,
  'a server': isObject,
  'a Standard Schema': (value) => value !== null && '~standard' in Object(value),
  'true or false': isFlag,
  'true, false or a count': (value) => isFlag(value) || isCount(value),
  'true, false or a path': (value) => isFlag(value) || isPath(value),
  'true, false or an object': (value) => isFlag(value) || isObject(value),
};

/** Checks options once, where they come in: throws one SONDE_ROUTER_OPTION that names every fault. */
export function checkOptions(where: string, options: object, known: Readonly<Record<string, Kind>>): void {
  const faults = Object.entries(options).flatMap(([name, value]: [string, unknown]) => {
    const kind = Object.hasOwn(known, name) ? known[name] : undefined;
    if (kind === undefined) return [`${name} is unknown (known are ${Object.keys(known).join(', ')})`];
    return value === undefined || checks[kind](value) ? [] : [`${name} must be ${kind}, not ${shown(value)}`];
  });
  if (faults.length > 0) throw new RouterError('SONDE_ROUTER_OPTION', `${where}: ${faults.join('; ')}`);
}

function shown(value: unknown): string {
  return typeof value === 'string'
    ? JSON.stringify(value)
    : typeof value === 'number'
      ? `${value}`
      : typeof value;
}
