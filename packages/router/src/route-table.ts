import { answer } from './answer.ts';
import type { Endpoint } from './endpoint.ts';
import { Problem } from './problem.ts';
import { RouterError } from './router-error.ts';
import { methodAttribute, RouteTelemetry } from './route-telemetry.ts';
import type { Segment } from './template.ts';
import { childOf, createNode, find, insert, type Node } from './trie.ts';

/** What a request is handed to, with its parameters. */
export interface Match {
  readonly endpoint: Endpoint;
  readonly params: Readonly<Record<string, string>>;
}

// Made as often as requests come: a class makes them faster than Object.create(null) does, as free of a prototype.
class Params {
  [name: string]: string;
}
Object.setPrototypeOf(Params.prototype, null);
Reflect.deleteProperty(Params.prototype, 'constructor');

const noParams: Readonly<Record<string, string>> = Object.freeze(new Params());
// Made once: no stack is taken per request.
const notFound = new Problem(404);
const notAllowed = new Problem(405);
const badEncoding = new Problem(400, 'The path is malformed');
const badTarget = new Problem(400, 'The request target is malformed');

/** The routes by method, and the router's own answers for what they do not cover. */
export class RouteTable {
  readonly #roots = new Map<string, Node<Endpoint>>();
  readonly #ownTelemetry = new Map<string, RouteTelemetry>();

  /** Throws SONDE_ROUTE_DUPLICATE when another route answers the same requests. */
  add(endpoint: Endpoint): void {
    const { method, route, segments } = endpoint;
    const there = insert<Endpoint>(
      childOf(this.#roots, method, () => createNode<Endpoint>()),
      segments,
      endpoint,
    );
    if (there === endpoint) return;
    throw new RouterError('SONDE_ROUTE_DUPLICATE', `${method} ${route} is ${method} ${there.route} again`);
  }

  /** What a request is handed to; there is always something. */
  match(method: string, path: string): Match {
    if (path === '') return this.#own(method, badTarget);
    const values: string[] = [];
    const endpoint = this.#find(method, path, values);
    if (endpoint === undefined) return this.#own(method, this.#miss(method, path));
    if (values.length === 0) return { endpoint, params: noParams };
    try {
      return { endpoint, params: paramsOf(endpoint.segments, values) };
    } catch {
      return this.#own(method, badEncoding);
    }
  }

  #find(method: string, path: string, values: string[]): Endpoint | undefined {
    const root = this.#roots.get(method);
    const endpoint = root && find(root, path, values);
    return endpoint === undefined && method === 'HEAD' ? this.#find('GET', path, values)?.head : endpoint;
  }

  /** 404; or, when other methods have this path, 405 and the answer to OPTIONS. */
  #miss(method: string, path: string): unknown {
    const allowed = [...this.#roots.keys()].filter(
      (each) => path === '*' || this.#find(each, path, []) !== undefined,
    );
    if (allowed.length === 0) return notFound;
    if (allowed.includes('GET')) allowed.push('HEAD');
    const headers = { allow: [...new Set([...allowed, 'OPTIONS'])].toSorted().join(', ') };
    return answer(method === 'OPTIONS' ? null : notAllowed, { headers });
  }

  #own(method: string, own: unknown): Match {
    const name = methodAttribute(method);
    const telemetry = childOf(this.#ownTelemetry, name, () => new RouteTelemetry(name));
    const endpoint = { method, route: '', handle: () => own, segments: [], bodyLimitBytes: 0, telemetry };
    return { endpoint, params: noParams };
  }
}

/** The parameters, percent-decoded and without names of a prototype. Throws when one is not well-formed. */
function paramsOf(segments: readonly Segment[], values: readonly string[]): Record<string, string> {
  const params = new Params();
  let index = 0;
  for (const { kind, text } of segments) {
    if (kind === 'static') continue;
    const value = values[index++] ?? '';
    params[text] = value.includes('%') ? decodeURIComponent(value) : value;
  }
  return params;
}
