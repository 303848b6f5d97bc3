import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type Context, type ContextManager, context as contextApi } from '@opentelemetry/api';

let storage: AsyncLocalStorage<Context> | undefined;

/** Lets {@link enterContext} do so, where a context manager keeps contexts in an `AsyncLocalStorage` that Node puts back. */
export function enableContextEntry(manager: ContextManager): void {
  const candidate: unknown = Reflect.get(manager, '_asyncLocalStorage');
  if (candidate instanceof AsyncLocalStorage && nodeRestoresContext()) storage = candidate;
}

/**
 * Enters the context of a request while Node calls those who listen to its server. Node itself puts back what was before
 * when they have returned; `context.with` does so at three times the price.
 *
 * @returns false when it is not Node that calls them, or somebody else keeps contexts: `context.with` is right then
 */
export function enterContext(context: Context, request: IncomingMessage, server: unknown): boolean {
  if (storage === undefined || !isCalledByNode(request, server)) return false;
  last = request;
  storage.enterWith(context);
  return contextApi.active() === context;
}

/** The request that was entered last: who hands it on, or emits it again, is not Node. */
let last: IncomingMessage | undefined;

interface ServedSocket extends Socket {
  readonly parser?: { readonly incoming?: unknown } | null;
  readonly server?: unknown;
}

/** Node calls those who listen as soon as it has read the header, and those of the server that was connected to. */
function isCalledByNode(request: IncomingMessage, server: unknown): boolean {
  const socket = request.socket as ServedSocket | null | undefined;
  return socket?.parser?.incoming === request && socket.server === server && request !== last;
}

/** Whether what is entered in a call from outside is over with it. Before Node 24 it stays, for the next call. */
function nodeRestoresContext(): boolean {
  const probe = new AsyncLocalStorage<boolean>();
  const outside = new AsyncResource('sonde');
  outside.runInAsyncScope(() => probe.enterWith(true));
  const isLeft = outside.runInAsyncScope(() => probe.getStore());
  probe.disable();
  return isLeft === undefined;
}
