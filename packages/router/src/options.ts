import { inspect } from 'node:util';
import { RouterError, unexpected } from './router-error.ts';
import type { StandardSchema } from './http/standard-schema.ts';

/** What an option may be: the names that `typeof` gives, or one of these. */
const special: Readonly<Record<string, (value: unknown) => boolean>> = {
  schema: (value) => typeof (Object(value) as Partial<StandardSchema>)['~standard']?.validate === 'function',
  'server of Node': (value) => typeof Reflect.get(Object(value), 'listen') === 'function',
  'list of names': (value) => Array.isArray(value) && value.every((name) => typeof name === 'string'),
  path: (value) => typeof value === 'boolean' || String(value).startsWith('/'),
};

/**
 * Checks options once, where they come in, and gives those that are defined: throws one SONDE_ROUTER_OPTION that names
 * every fault. `known` gives what `typeof` must say of each, like `boolean or string`, or one of the above. All numbers
 * count something, and no text is empty.
 */
export function validateOptions<Options extends object>(
  where: string,
  options: Options,
  known: Readonly<Record<string, string>>,
): Options {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw unexpected(where, 'options in an object', options);
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const faults = given.flatMap(([name, value]: [string, unknown]) => {
    const kinds = known[name];
    if (!kinds) return [`${name} is none of ${Object.keys(known).join(', ')}`];
    const fits =
      special[kinds]?.(value) ??
      (kinds.includes(typeof value) &&
        value !== '' &&
        (typeof value !== 'number' || (Number.isSafeInteger(value) && value >= 0)));
    return fits ? [] : [`${name} must be a ${kinds}, not ${inspect(value)}`];
  });
  if (faults.length) throw new RouterError('SONDE_ROUTER_OPTION', `${where}: ${faults.join('; ')}`);
  return Object.fromEntries(given) as Options;
}
