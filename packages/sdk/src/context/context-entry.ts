import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type Context, type ContextManager, context as contextApi } from '@opentelemetry/api';

let storage: AsyncLocalStorage<Context> | undefined;

/** Enables {@link enterContext} for a context manager with an `AsyncLocalStorage`, if Node.js restores its store. */
export function enableContextEntry(manager: ContextManager): void {
  const candidate: unknown = Reflect.get(manager, '_asyncLocalStorage');
  if (candidate instanceof AsyncLocalStorage && nodeRestoresContext()) storage = candidate;
}

/**
 * Enters the context of a request while Node.js calls the listeners of its server. Node.js restores the previous context
 * when they return, at a third of the cost of `context.with`.
 *
 * @returns false if the caller is not Node.js, or another context manager is in use: the caller then uses `context.with`
 */
export function enterContext(context: Context, request: IncomingMessage, server: unknown): boolean {
  if (storage === undefined || !isCalledByNode(request, server)) return false;
  last = request;
  storage.enterWith(context);
  return contextApi.active() === context;
}

/** The last request entered. A second `emit` of the same request does not come from Node.js. */
let last: IncomingMessage | undefined;

interface ServedSocket extends Socket {
  readonly parser?: { readonly incoming?: unknown } | null;
  readonly server?: unknown;
}

/** Whether Node.js calls the listeners: it does so while it parses the request, on the server of the connection. */
function isCalledByNode(request: IncomingMessage, server: unknown): boolean {
  const socket = request.socket as ServedSocket | null | undefined;
  return socket?.parser?.incoming === request && socket.server === server && request !== last;
}

/** Whether a context entered in a callback ends with the callback. Before Node.js 24 it stays for the next callback. */
function nodeRestoresContext(): boolean {
  const probe = new AsyncLocalStorage<boolean>();
  const outside = new AsyncResource('sonde');
  outside.runInAsyncScope(() => probe.enterWith(true));
  const isLeft = outside.runInAsyncScope(() => probe.getStore());
  probe.disable();
  return isLeft === undefined;
}
