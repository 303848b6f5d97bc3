import { RouterError } from '../router-error.ts';
import { normalizeEscapes, percentEncode } from './percent-encode.ts';

type Names<Template extends string> = Template extends `${infer First}/${infer Rest}`
  ? Name<First> | Names<Rest>
  : Name<Template>;

type Name<Part extends string> = Part extends `:${infer Param}` | `*${infer Param}` ? Param : never;

/**
 * The parameters of a template: `Params<'/users/:id/*rest'>` is `{ id: string; rest: string }`. For a template that is
 * not a literal type, it is a record of strings.
 *
 * @example
 * ```ts
 * import type { Params } from '@sonde/router';
 *
 * const params: Params<'/users/:id'> = { id: '1' };
 * ```
 */
export type Params<Template extends string> = string extends Template
  ? Readonly<Record<string, string>>
  : { readonly [Key in Names<Template>]: string };

/** The part of a segment that no template can have. */
type Malformed = `${string}${'{' | '}' | '?' | '#' | ' ' | '//' | '*/'}${string}`;

/**
 * Rejects a literal template that is malformed: without a slash at its start, with `{id}`, `?`, `#`, a space or an empty
 * segment. Templates that are not literal types are checked when they are registered.
 */
export type ValidTemplate<Template extends string> = string extends Template
  ? unknown
  : Template extends Malformed
    ? 'Invalid route template: expected /static/:name/*rest'
    : Template extends `/${string}`
      ? unknown
      : 'Invalid route template: expected /static/:name/*rest';

const templatePattern = /^(\/([^/?#:*\\\s{}[\]<>|^"`][^/?#*\\\s{}[\]<>|^"`]*|:[a-z_]\w*|(\*[a-z_]\w*)?$))+$/i;

/** The names of a template's parameters, in order. */
export const parameterNames = (template: unknown): readonly string[] =>
  String(template).match(/(?<=\/[:*])\w+/g) ?? [];

/**
 * The keys of a template in the trie: its segments as sent on the wire, and `/:` or `/*` for parameters.
 *
 * @throws RouterError SONDE_ROUTE_TEMPLATE when the template is malformed or repeats a name.
 */
export function trieKeys(template: string): string[] {
  const names = parameterNames(template);
  if (typeof template !== 'string' || !templatePattern.test(template) || new Set(names).size < names.length) {
    const message = `Invalid route template "${template}": expected /static/:name/*rest`;
    throw new RouterError('SONDE_ROUTE_TEMPLATE', message);
  }
  // Clients send `/café` as `/caf%C3%A9`.
  const segments = normalizeEscapes(percentEncode(template)).split('/');
  return segments.map((segment) => segment.replace(/^([:*]).*/, '/$1'));
}
