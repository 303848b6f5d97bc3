import { Bare } from './bare.ts';
import { answer } from './answer.ts';
import type { Endpoint } from './endpoint.ts';
import { Problem } from './problem.ts';
import { RouterError } from './router-error.ts';
import { endpointOf, type Route } from './route.ts';
import { keysOf } from './template.ts';
import { find, insert, Node } from './trie.ts';

/** What a request is handed to, with its parameters. */
export interface Match {
  readonly endpoint: Endpoint;
  readonly params: Readonly<Record<string, string>>;
}

// Made once: no stack is taken per request.
const notFound = new Problem(404);
const notAllowed = new Problem(405);
const malformed = new Problem(400, 'The target is malformed');

/** The routes by method, and the router's own answers for what they do not cover. */
export class RouteTable {
  readonly #roots = new Node<Endpoint>();
  readonly #own: Omit<Route, 'handler'>;

  /** Takes what the router says for all routes, which is true of its own answers, too. */
  constructor(own: Omit<Route, 'handler'>) {
    this.#own = own;
  }

  /** Throws SONDE_ROUTE_TEMPLATE, and SONDE_ROUTE_DUPLICATE when another route answers the same requests. */
  add(route: Route): void {
    const { method, template } = route;
    const endpoint = endpointOf(route);
    const there = insert(this.#roots, [method, ...keysOf(template)], endpoint);
    if (there === endpoint) return;
    throw new RouterError('SONDE_ROUTE_DUPLICATE', `${method} ${template} is ${method} ${there.route} again`);
  }

  /** What a request is handed to; there is always something. */
  match(method: string, path: string): Match {
    const values: string[] = [];
    const endpoint = path.startsWith('/') ? this.#find(method, path, values) : undefined;
    if (!endpoint) return this.#miss(method, path);
    try {
      return { endpoint, params: paramsOf(endpoint.names, values) };
    } catch {
      return this.#answer(malformed);
    }
  }

  #find(method: string, path: string, values: string[]): Endpoint | undefined {
    const root = this.#roots.get(method);
    const endpoint = root && find(root, path, values);
    return endpoint ?? (method === 'HEAD' ? this.#find('GET', path, values) : undefined);
  }

  /** 400 or 404; or, when other methods have this path, 405 and the answer to OPTIONS. */
  #miss(method: string, path: string): Match {
    if (!path) return this.#answer(malformed);
    const allowed = [...this.#roots.keys()].filter((each) => path === '*' || this.#find(each, path, []));
    if (allowed.length === 0) return this.#answer(notFound);
    if (allowed.includes('GET')) allowed.push('HEAD');
    const headers = { allow: [...new Set([...allowed, 'OPTIONS'])].toSorted().join(', ') };
    return this.#answer(answer(method === 'OPTIONS' ? null : notAllowed, { headers }));
  }

  #answer(value: unknown): Match {
    return {
      endpoint: endpointOf({ ...this.#own, handler: () => value }),
      params: new Bare() as Record<string, string>,
    };
  }
}

/** The parameters, percent-decoded and without names of a prototype. Throws when one is not well-formed. */
function paramsOf(names: readonly string[], values: readonly string[]): Record<string, string> {
  const params = new Bare() as Record<string, string>;
  let index = 0;
  for (const name of names) {
    const value = values[index++] ?? '';
    params[name] = value.includes('%') ? decodeURIComponent(value) : value;
  }
  return params;
}
