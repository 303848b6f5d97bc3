import { reply } from '../http/reply.ts';
import type { Endpoint } from './endpoint.ts';
import { Problem } from '../http/problem.ts';
import { RouterError } from '../router-error.ts';
import { trieKeys } from './template.ts';
import { find, Node } from './trie.ts';

// Made once: no stack is taken per request.
const notFound = new Problem(404);
const notAllowed = new Problem(405);
const malformed = new Problem(400, 'The target or the host is malformed');

/** The routes by method, and the router's own answers for what they do not cover. */
export interface RouteTable {
  /** Throws SONDE_ROUTE_TEMPLATE, and SONDE_ROUTE_DUPLICATE when another route answers the same requests. */
  add(endpoint: Endpoint): void;
  /** What a request is handed to; there is always something. Puts its parameters, percent-decoded, into `params`. */
  match(method: string, path: string, params: Record<string, unknown>): Endpoint;
}

/** A table without routes. `answered` puts an answer of the router's own behind its middleware. */
export function routeTable(answered: (value: unknown) => Endpoint): RouteTable {
  const roots = new Node<Endpoint>();
  const seek = (method: string, path: string, values: string[]): Endpoint | undefined => {
    const endpoint = find(roots.get(method), path, values);
    return endpoint ?? (method === 'HEAD' ? seek('GET', path, values) : undefined);
  };
  // 400 or 404; or, when other methods have this path, 405 and the answer to OPTIONS.
  const refusal = (method: string, path: string): unknown => {
    if (!/^(\/|\*$)/.test(path)) return malformed;
    const allowed = new Set([...roots.keys()].filter((each) => path === '*' || seek(each, path, [])));
    if (!allowed.size) return notFound;
    if (allowed.has('GET')) allowed.add('HEAD');
    const headers = { allow: [...allowed.add('OPTIONS')].toSorted().join(', ') };
    return reply(method === 'OPTIONS' ? null : notAllowed, { headers });
  };
  return {
    add(endpoint) {
      let node = roots;
      for (const key of [endpoint.method, ...trieKeys(endpoint.route)]) {
        const child = node.get(key) ?? new Node<Endpoint>();
        node.set(key, child);
        node = child;
      }
      const there = (node.leaf ??= endpoint);
      if (there === endpoint) return;
      throw new RouterError(
        'SONDE_ROUTE_DUPLICATE',
        `${endpoint.method} ${endpoint.route} is ${there.method} ${there.route} again`,
      );
    },
    match(method, path, params) {
      const values: string[] = [];
      const endpoint = seek(method, path, values);
      if (!endpoint) return answered(refusal(method, path));
      try {
        for (const name of endpoint.names) {
          const value = values.pop() ?? '';
          params[name] = value.includes('%') ? decodeURIComponent(value) : value;
        }
        return endpoint;
      } catch {
        return answered(malformed);
      }
    },
  };
}
