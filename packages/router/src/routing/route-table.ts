import { reply } from '../http/reply.ts';
import type { Endpoint, Handle } from './endpoint.ts';
import { Problem } from '../http/problem.ts';
import { RouterError } from '../router-error.ts';
import { normalizeEscapes } from './percent-encode.ts';
import { trieKeys } from './template.ts';
import { find, Node } from './trie.ts';

// Created once: creating an error captures its stack.
export const notFound: Problem = new Problem(404);
const notAllowed = new Problem(405);
const malformed = new Problem(400, 'Malformed request target or host');

/** The routes by method, and the router's own responses for requests that match none. */
export interface RouteTable {
  /** Throws SONDE_ROUTE_TEMPLATE, or SONDE_ROUTE_DUPLICATE when another route matches the same requests. */
  add(endpoint: Endpoint): void;
  /** Returns the endpoint for a request, and puts its percent-decoded parameters into `params`. */
  match(method: string, path: string, params: Record<string, unknown>): Endpoint;
}

/**
 * Creates an empty table.
 *
 * @param toEndpoint - Wraps one of the router's own responses in the router's middleware
 */
export function createRouteTable(toEndpoint: (handle: Handle) => Endpoint, onNotFound: Handle): RouteTable {
  const roots = new Node<Endpoint>();
  const lookup = (method: string, path: string, values: string[]): Endpoint | undefined => {
    const endpoint = find(roots.get(method), path, values);
    return endpoint ?? (method === 'HEAD' ? lookup('GET', path, values) : undefined);
  };
  // 400 or 404; when other methods match the path, 405 or the response to OPTIONS.
  const noMatch = (method: string, path: string): Handle => {
    if (!/^(\/|\*$)/.test(path)) return () => malformed;
    const allowed = new Set([...roots.keys()].filter((each) => path === '*' || lookup(each, path, [])));
    if (!allowed.size) return onNotFound;
    if (allowed.has('GET')) allowed.add('HEAD');
    const headers = { allow: [...allowed.add('OPTIONS')].toSorted().join(', ') };
    return () => reply(method === 'OPTIONS' ? null : notAllowed, { headers });
  };
  return {
    add(endpoint) {
      let node = roots;
      for (const key of [endpoint.method, ...trieKeys(endpoint.route)]) {
        const child = node.get(key) ?? new Node<Endpoint>();
        node.set(key, child);
        node = child;
      }
      const existing = (node.leaf ??= endpoint);
      if (existing === endpoint) return;
      throw new RouterError(
        'SONDE_ROUTE_DUPLICATE',
        `Route ${endpoint.method} ${endpoint.route} conflicts with ${existing.method} ${existing.route}`,
      );
    },
    match(method, path, params) {
      const values: string[] = [];
      const endpoint = lookup(method, path.includes('%') ? normalizeEscapes(path) : path, values);
      if (!endpoint) return toEndpoint(noMatch(method, path));
      try {
        for (const name of endpoint.names) {
          const value = values.pop() ?? '';
          params[name] = value.includes('%') ? decodeURIComponent(value) : value;
        }
        return endpoint;
      } catch {
        return toEndpoint(() => malformed);
      }
    },
  };
}
