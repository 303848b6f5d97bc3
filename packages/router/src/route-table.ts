import { Answer } from './answer.ts';
import type { Endpoint } from './endpoint.ts';
import { problemAnswer } from './problem-answer.ts';
import { RouterError } from './router-error.ts';
import { methodAttribute, RouteTelemetry } from './route-telemetry.ts';
import { parseTemplate } from './template.ts';
import { Trie } from './trie.ts';

export interface Match {
  readonly endpoint: Endpoint;
  readonly params: Readonly<Record<string, string>>;
}

/** Params have no prototype: a parameter named `constructor` is found only when the template names it. */
const Params = function Params() {} as unknown as new () => Record<string, string>;
Params.prototype = Object.create(null);
const noParams: Readonly<Record<string, string>> = Object.freeze(new Params());

const notFound = problemAnswer(404);
const badEncoding = problemAnswer(400, 'The path is not well-formed percent-encoding');
const badTarget = problemAnswer(400, 'The request target is malformed');

/** The routes by method, and the router's own answers for what they do not cover. */
export class RouteTable {
  readonly #tries = new Map<string, Trie<Endpoint>>();
  readonly #endpoints: Endpoint[] = [];
  readonly #unmatched = new Map<string, RouteTelemetry>();

  get endpoints(): readonly Endpoint[] {
    return this.#endpoints;
  }

  /** Throws SONDE_ROUTE_DUPLICATE when another route answers the same requests. */
  add(endpoint: Endpoint): void {
    this.#insert(endpoint.method, endpoint);
    this.#endpoints.push(endpoint);
  }

  #insert(method: string, endpoint: Endpoint): void {
    let trie = this.#tries.get(method);
    if (trie === undefined) this.#tries.set(method, (trie = new Trie()));
    const other = trie.insert(parseTemplate(endpoint.route), endpoint);
    if (other === undefined) return;
    throw new RouterError(
      'SONDE_ROUTE_DUPLICATE',
      `Route ${method} ${endpoint.route} answers the same requests as ${method} ${other.route}, registered before`,
    );
  }

  /** What a request is handed to; there is always something. */
  match(method: string, path: string): Match {
    const values: string[] = [];
    const endpoint = this.#find(method, path, values);
    if (endpoint === undefined) return { endpoint: this.#miss(method, path), params: noParams };
    if (values.length === 0) return { endpoint, params: noParams };
    const params = new Params();
    for (let index = 0; index < values.length; index++) {
      const value = decode(values[index] as string);
      if (value === undefined) return { endpoint: this.#own(method, badEncoding), params: noParams };
      params[endpoint.paramNames[index] as string] = value;
    }
    return { endpoint, params };
  }

  /** For a request whose target cannot be read. */
  mismatch(method: string): Match {
    return { endpoint: this.#own(method, badTarget), params: noParams };
  }

  #find(method: string, path: string, values: string[]): Endpoint | undefined {
    const endpoint = this.#tries.get(method)?.find(path, values);
    if (endpoint !== undefined || method !== 'HEAD') return endpoint;
    return this.#tries.get('GET')?.find(path, values)?.head;
  }

  /** 404; or, when other methods have this path, 405 and the answer to OPTIONS. */
  #miss(method: string, path: string): Endpoint {
    const allowed = this.#allowed(path);
    if (allowed.length === 0) return this.#own(method, notFound);
    const headers = { allow: allowed.join(', ') };
    return this.#own(
      method,
      method === 'OPTIONS' ? new Answer(null, 204, headers) : problemAnswer(405, undefined, headers),
    );
  }

  #allowed(path: string): string[] {
    const methods = [...this.#tries.keys()].filter((method) => this.#tries.get(method)?.find(path, []));
    if (methods.length === 0) return methods;
    if (methods.includes('GET')) methods.push('HEAD');
    return [...new Set([...methods, 'OPTIONS'])].toSorted();
  }

  /** An answer of the router itself, for a request without a route. */
  #own(method: string, answer: Answer): Endpoint {
    const name = methodAttribute(method);
    let telemetry = this.#unmatched.get(name);
    if (telemetry === undefined) this.#unmatched.set(name, (telemetry = new RouteTelemetry(method)));
    return {
      method,
      route: '',
      paramNames: [],
      telemetry,
      bodyLimitBytes: undefined,
      matched: false,
      head: undefined,
      handle: () => answer,
    };
  }
}

function decode(value: string): string | undefined {
  if (!value.includes('%')) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}
