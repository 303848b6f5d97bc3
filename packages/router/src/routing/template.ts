import { RouterError } from '../router-error.ts';
import { percentEncode } from './percent-encode.ts';

type Names<Template extends string> = Template extends `${infer First}/${infer Rest}`
  ? Name<First> | Names<Rest>
  : Name<Template>;

type Name<Part extends string> = Part extends `:${infer Param}` | `*${infer Param}` ? Param : never;

/**
 * The parameters that a template names: `Params<'/users/:id/*rest'>` is `{ id: string; rest: string }`.
 * A template that is not a literal gives a record that may hold anything.
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

const form = /^(\/([^/?#:*\\\s{}[\]<>|^"`]+|:[a-z_]\w*|(\*[a-z_]\w*)?$))+$/i;

/** The names of what a template captures, in order. */
export const parameterNames = (template: unknown): readonly string[] =>
  String(template).match(/(?<=[:*])\w+/g) ?? [];

/**
 * What a request must have between its slashes, as it is on the wire; `/:` and `/*` for what is captured. Throws
 * SONDE_ROUTE_TEMPLATE when the template is malformed.
 */
export function trieKeys(template: string): string[] {
  const names = parameterNames(template);
  if (typeof template !== 'string' || !form.test(template) || new Set(names).size < names.length) {
    const message = `"${template}" is not like /static/:param/*rest, or repeats a name`;
    throw new RouterError('SONDE_ROUTE_TEMPLATE', message);
  }
  // Requests are compared as they come, so `/café` is stored as `/caf%C3%A9`.
  const texts = percentEncode(template).split('/');
  return texts.map((text) => text.replace(/^([:*]).*/, '/$1'));
}
