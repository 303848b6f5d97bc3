import { RouterError } from './router-error.ts';
import { encodeTarget } from './target.ts';

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

/** One part of a template between two slashes. */
export interface Segment {
  readonly kind: 'static' | 'param' | 'rest';
  /** What a request must have here, as it is on the wire; for a parameter its name. */
  readonly text: string;
}

const paramName = /^[a-z_]\w*$/i;

/** Reads a route template. Throws SONDE_ROUTE_TEMPLATE when it is malformed. */
export function parseTemplate(template: string): Segment[] {
  const [empty, ...texts] = template.split('/');
  const names = new Set<string>();
  const fail = (why: string): never => {
    throw new RouterError('SONDE_ROUTE_TEMPLATE', `Template "${template}" ${why}`);
  };
  if (empty !== '' || texts.length === 0) fail('must start with "/"');
  return texts.map((text, index): Segment => {
    const last = index === texts.length - 1;
    const kind = text.startsWith(':') ? 'param' : text.startsWith('*') ? 'rest' : 'static';
    if (!last && (text === '' || kind === 'rest')) fail(`has "${text}" before its end`);
    if (kind === 'static') {
      // Requests are compared as they come, so `/café` is stored as `/caf%C3%A9`.
      return /[?#:*\\\s]/.test(text)
        ? fail(`has a bad segment: ${text}`)
        : { kind, text: encodeTarget(text) };
    }
    const name = text.slice(1);
    if (!paramName.test(name) || names.has(name)) fail(`has a bad or repeated name: ${text}`);
    names.add(name);
    return { kind, text: name };
  });
}
