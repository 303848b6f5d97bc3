import { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, type ContextManager, context as contextApi, ROOT_CONTEXT } from '@opentelemetry/api';

type Run = AsyncLocalStorage<Context>['run'];

/**
 * The store that tracing channels bind. It enters contexts with the context manager of the API, which is registered after
 * the channels are subscribed to.
 */
class ContextStore extends AsyncLocalStorage<Context> {
  override run: Run = (context: Context, callback: (...args: unknown[]) => unknown, ...args: unknown[]) =>
    contextApi.with(context, callback, undefined, ...args) as never;

  /** Node.js 26 enters stores with it instead of `run`. */
  withScope(context: Context): unknown {
    const storage = activeStorage() as (AsyncLocalStorage<Context> & Partial<ContextStore>) | undefined;
    return storage?.withScope?.(context) ?? { [Symbol.dispose]: () => {} };
  }

  override getStore(): Context {
    return contextApi.active();
  }
}

/** Returns the storage of the context manager; undefined if it has none. */
function activeStorage(): AsyncLocalStorage<Context> | undefined {
  const getManager: unknown = Reflect.get(contextApi, '_getContextManager');
  if (typeof getManager !== 'function') return undefined;
  const manager = Reflect.apply(getManager as () => ContextManager, contextApi, []);
  const storage: unknown = Reflect.get(manager, '_asyncLocalStorage');
  return storage instanceof AsyncLocalStorage ? (storage as AsyncLocalStorage<Context>) : undefined;
}

let store: ContextStore | undefined;

/** Returns the store to bind to channels, one for the process. */
export function contextStore(): AsyncLocalStorage<Context> {
  return (store ??= new ContextStore());
}

/** The active context for a message; never throws, because Node.js reports an error of a transform as uncaught. */
export function activeContext(): Context {
  try {
    return contextApi.active();
  } catch {
    return ROOT_CONTEXT;
  }
}
