import { inspect } from 'node:util';
import { RouterError, unexpected } from './router-error.ts';
import type { NodeServer } from './http/graceful-shutdown.ts';
import type { StandardSchema } from './http/standard-schema.ts';

/** Types of options in addition to those of `typeof`. */
const customTypes: Readonly<Record<string, (value: unknown) => boolean>> = {
  schema: (value) => typeof (Object(value) as Partial<StandardSchema>)['~standard']?.validate === 'function',
  'Node.js server': (value) => typeof (Object(value) as Partial<NodeServer>).listen === 'function',
  'list of names': (value) => Array.isArray(value) && value.every((name) => typeof name === 'string'),
  path: (value) => typeof value === 'boolean' || String(value).startsWith('/'),
};

/**
 * Validates options, and returns those that are defined. Numbers must be non-negative integers, strings not empty.
 *
 * @param known - The type of each option: a custom type, or alternatives as results of `typeof` or `inspect`, such as
 *   `boolean or number` or `'a' or 'b'`
 * @throws RouterError SONDE_ROUTER_OPTION that lists all invalid options.
 */
export function validateOptions<Options extends object>(
  where: string,
  options: Options,
  known: Readonly<Record<string, string>>,
): Options {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw unexpected(where, 'an object', options);
  }
  const defined = Object.entries(options).filter(([, value]) => value !== undefined);
  const errors = defined.flatMap(([name, value]: [string, unknown]) => {
    const type = known[name];
    if (!type) return [`unknown option ${name}: expected ${Object.keys(known).join(', ')}`];
    const isValid =
      customTypes[type]?.(value) ??
      ((type.includes(typeof value) || type.includes(inspect(value))) &&
        value !== '' &&
        (typeof value !== 'number' || (Number.isInteger(value) && value >= 0)));
    return isValid ? [] : [`${name}: expected ${type}, got ${inspect(value)}`];
  });
  if (errors.length) throw new RouterError('SONDE_ROUTER_OPTION', `${where}: ${errors.join('; ')}`);
  return Object.fromEntries(defined) as Options;
}
