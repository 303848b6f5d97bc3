import { type Answer, problemAnswer, answer } from './answer.ts';
import type { Endpoint } from './endpoint.ts';
import { RouterError } from './router-error.ts';
import { methodAttribute, RouteTelemetry } from './route-telemetry.ts';
import { parseTemplate } from './template.ts';
import { Trie } from './trie.ts';

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
const notFound = problemAnswer(404);
const badEncoding = problemAnswer(400, 'The path is not well-formed percent-encoding');
const badTarget = problemAnswer(400, 'The request target is malformed');

/** The routes by method, and the router's own answers for what they do not cover. */
export class RouteTable {
  readonly #tries = new Map<string, Trie<Endpoint>>();
  readonly #ownTelemetry = new Map<string, RouteTelemetry>();

  /** Throws SONDE_ROUTE_DUPLICATE when another route answers the same requests. */
  add(endpoint: Endpoint): void {
    const { method, route } = endpoint;
    let trie = this.#tries.get(method);
    if (trie === undefined) this.#tries.set(method, (trie = new Trie()));
    const other = trie.insert(parseTemplate(route), endpoint);
    if (other === undefined) return;
    throw new RouterError(
      'SONDE_ROUTE_DUPLICATE',
      `${method} ${route} answers the same requests as ${method} ${other.route}, which was registered before`,
    );
  }

  /** What a request is handed to; there is always something. */
  match(method: string, path: string): Match {
    const values: string[] = [];
    const endpoint = this.#find(method, path, values);
    if (endpoint === undefined) return this.#own(method, this.#miss(method, path));
    if (values.length === 0) return { endpoint, params: noParams };
    const params = paramsOf(endpoint.paramNames, values);
    return params === undefined ? this.#own(method, badEncoding) : { endpoint, params };
  }

  /** For a request whose target cannot be read. */
  misread(method: string): Match {
    return this.#own(method, badTarget);
  }

  #find(method: string, path: string, values: string[]): Endpoint | undefined {
    const endpoint = this.#tries.get(method)?.find(path, values);
    if (endpoint !== undefined || method !== 'HEAD') return endpoint;
    return this.#tries.get('GET')?.find(path, values)?.head;
  }

  /** 404; or, when other methods have this path, 405 and the answer to OPTIONS. */
  #miss(method: string, path: string): Answer {
    const allowed = this.#allowed(path);
    if (allowed.length === 0) return notFound;
    const headers = { allow: allowed.join(', ') };
    return method === 'OPTIONS' ? answer(null, { headers }) : problemAnswer(405, undefined, headers);
  }

  #allowed(path: string): string[] {
    const methods = [...this.#tries]
      .filter(([, trie]) => path === '*' || trie.find(path, []) !== undefined)
      .map(([method]) => method);
    if (methods.length === 0) return methods;
    return [...new Set([...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'])].toSorted();
  }

  #own(method: string, own: Answer): Match {
    const name = methodAttribute(method);
    let telemetry = this.#ownTelemetry.get(name);
    if (telemetry === undefined) this.#ownTelemetry.set(name, (telemetry = new RouteTelemetry(method)));
    const endpoint: Endpoint = {
      method,
      route: '',
      handle: () => own,
      paramNames: [],
      bodyLimitBytes: 0,
      onError: undefined,
      telemetry,
      head: undefined,
    };
    return { endpoint, params: noParams };
  }
}

/** The parameters, percent-decoded and without names of a prototype; undefined when one is not well-formed. */
function paramsOf(names: readonly string[], values: readonly string[]): Record<string, string> | undefined {
  const params = new Params();
  for (let index = 0; index < names.length; index++) {
    const value = values[index] ?? '';
    if (!value.includes('%')) params[names[index] ?? ''] = value;
    else {
      try {
        params[names[index] ?? ''] = decodeURIComponent(value);
      } catch {
        return undefined;
      }
    }
  }
  return params;
}
