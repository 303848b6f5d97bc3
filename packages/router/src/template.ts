import { RouterError } from './router-error.ts';

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

const paramName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Reads a route template. Throws SONDE_ROUTE_TEMPLATE when it is malformed. */
export function parseTemplate(template: string): Segment[] {
  const fail = (why: string): never => {
    throw new RouterError('SONDE_ROUTE_TEMPLATE', `Route template ${JSON.stringify(template)} ${why}`);
  };
  if (!template.startsWith('/')) fail('must start with "/"');
  const texts = template.slice(1).split('/');
  const names = new Set<string>();
  return texts.map((text, index): Segment => {
    const last = index === texts.length - 1;
    if (text === '' && !last) fail('has an empty segment');
    const kind = text.startsWith(':') ? 'param' : text.startsWith('*') ? 'rest' : 'static';
    if (kind === 'static') return { kind, text: wireForm(text, fail) };
    const name = text.slice(1);
    if (!paramName.test(name)) fail(`has a parameter without a proper name: ${text}`);
    if (names.has(name)) fail(`names "${name}" twice`);
    if (kind === 'rest' && !last) fail(`has "${text}" before the end`);
    names.add(name);
    return { kind, text: name };
  });
}

/** Requests are compared as they come, so a template's `/café` is stored as `/caf%C3%A9`. */
function wireForm(text: string, fail: (why: string) => never): string {
  if (/[?#:*\\\s]/.test(text)) fail(`has characters that are not allowed: ${text}`);
  return /^[!-~]*$/.test(text) ? text : encodeURI(text);
}
