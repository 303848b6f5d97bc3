import { type Context, type Span, trace } from '@opentelemetry/api';
import { type RPCMetadata, setRPCMetadata } from '@opentelemetry/core';

/** Finds the key under which `set` stores a value in a context. */
function findContextKey(set: (context: Context) => unknown): symbol | undefined {
  let found: symbol | undefined;
  const probe: Context = {
    getValue: () => undefined,
    setValue: (key) => {
      found = key;
      return probe;
    },
    deleteValue: () => probe,
  };
  set(probe);
  return found;
}

const spanKey = findContextKey((context) => trace.setSpan(context, trace.wrapSpanContext({} as never)));
const rpcKey = findContextKey((context) => setRPCMetadata(context, {} as never));

/**
 * The context of an incoming request, and contexts derived from it. It stores the span and the RPC metadata in fields
 * instead of copying them into a map.
 */
export class HttpServerContext implements Context {
  readonly #base: Context;
  readonly #span: unknown;
  readonly #rpc: unknown;

  private constructor(base: Context, span: unknown, rpc: unknown) {
    this.#base = base;
    this.#span = span;
    this.#rpc = rpc;
  }

  /** @param base the context extracted from the request, with baggage for example */
  static create(base: Context, span: Span, rpc: RPCMetadata): HttpServerContext {
    return new HttpServerContext(base, span, rpc);
  }

  getValue(key: symbol): unknown {
    if (key === spanKey) return this.#span;
    return key === rpcKey ? this.#rpc : this.#base.getValue(key);
  }

  setValue(key: symbol, value: unknown): HttpServerContext {
    if (key === spanKey) return new HttpServerContext(this.#base, value, this.#rpc);
    if (key === rpcKey) return new HttpServerContext(this.#base, this.#span, value);
    return new HttpServerContext(this.#base.setValue(key, value), this.#span, this.#rpc);
  }

  deleteValue(key: symbol): HttpServerContext {
    if (key === spanKey || key === rpcKey) return this.setValue(key, undefined);
    return new HttpServerContext(this.#base.deleteValue(key), this.#span, this.#rpc);
  }
}
