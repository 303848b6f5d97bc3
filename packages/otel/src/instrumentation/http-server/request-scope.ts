import { EventEmitter } from 'node:events';
import { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type Context, context as contextApi } from '@opentelemetry/api';
import type { ServerRpcMetadata } from './server-rpc.ts';

/** An unbound `emit` method. */
export type Emit = (this: unknown, ...args: [event: string, ...unknown[]]) => boolean;

type Listen = (this: unknown, event: string | symbol, listener: (...args: never[]) => void) => unknown;

const isWatched = Symbol('sonde.watched');

interface Emitter {
  emit: Emit;
  listenerCount(event: string): number;
  /** A string key: V8 adds symbol keys to new objects slowly. */
  'sonde.request'?: RequestScope;
  [isWatched]?: boolean;
}

/** A request, its response, and the context of their listeners. */
export class RequestScope {
  readonly context: Context;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;

  constructor(context: Context, request: IncomingMessage, response: ServerResponse) {
    this.context = context;
    this.request = request;
    this.response = response;
  }

  /** Undefined for a request that is ignored. */
  get rpc(): ServerRpcMetadata | undefined {
    return undefined;
  }

  /** Called when the response has closed, complete or not. */
  closed(): void {}

  /** Called on a response `error` event. Without a listener, Node.js ends the process. */
  failed(_error: unknown): void {}
}

/** Returns the scope of a request. */
export function getScope(request: object): RequestScope | undefined {
  return (request as Partial<Emitter>)['sonde.request'];
}

/** Whether a request has a scope. */
export function isBound(request: IncomingMessage): boolean {
  return (request as Emitter)['sonde.request'] !== undefined;
}

const isEmitter = (response: ServerResponse): boolean =>
  typeof response.on === 'function' && typeof response.emit === 'function';

/** Whether a response emits its end, and {@link bindListeners} can add fields to both. */
export function canBind(request: IncomingMessage, response: ServerResponse): boolean {
  return isEmitter(response) && Object.isExtensible(request) && Object.isExtensible(response);
}

/** The original: {@link watchListeners} replaces the methods of requests and responses. */
const { on: listen } = EventEmitter.prototype as unknown as { readonly on: Listen };

function onClose(this: Emitter): void {
  this['sonde.request']?.closed();
}

/**
 * Notifies a scope of the end of its response, and runs the application's listeners of request and response in its context.
 * Requires {@link watchListeners}.
 */
export function bindListeners(scope: RequestScope): void {
  const { request, response } = scope;
  (request as Emitter)['sonde.request'] = scope;
  (response as Emitter)['sonde.request'] = scope;
  if (!isEmitter(response)) return;
  listen.call(response, 'close', onClose);
  // Without a server that reads the connection, as in serverless adapters, there is no `close` event.
  const socket = request.socket as (Socket & { readonly parser?: unknown }) | null | undefined;
  if (socket?.parser === undefined || socket.parser === null) listen.call(response, 'finish', onClose);
}

let isWatching = false;

/**
 * Enters the context of a request for its listeners: Node.js propagates it to most of them, but not to those of a body that
 * arrives later. `emit` is wrapped when the first listener is added, because most requests have none.
 */
export function watchListeners(): void {
  if (isWatching) return;
  isWatching = true;
  for (const prototype of [IncomingMessage.prototype, ServerResponse.prototype]) {
    for (const method of ['on', 'addListener', 'prependListener'] as const) {
      const original = prototype[method] as Listen;
      const watched: Listen = function (event, listener) {
        try {
          bindEmitterContext(this as Emitter);
        } catch {
          // A request or response that the application created is not wrapped.
        }
        return original.call(this, event, listener);
      };
      Object.defineProperty(prototype, method, { value: watched, writable: true, configurable: true });
    }
  }
}

function bindEmitterContext(emitter: Emitter): void {
  const scope = emitter['sonde.request'];
  // After the response is written, Node.js adds its own listeners.
  if (scope === undefined || emitter[isWatched] === true || scope.response.writableFinished) return;
  emitter[isWatched] = true;
  const { context } = scope;
  const { emit: original } = emitter;
  // The present listeners belong to Node.js and Sonde, and need no context.
  const internalListeners = new Map(
    ['close', 'end', 'finish'].map((event) => [event, emitter.listenerCount(event)]),
  );
  const isResponse = emitter === (scope.response as unknown);
  emitter.emit = function (this: Emitter, ...args) {
    if (isResponse && args[0] === 'error') scope.failed(args[1]);
    // An object that inherits from a request may have the method, too.
    const isInternal =
      this === emitter && this.listenerCount(args[0]) === (internalListeners.get(args[0]) ?? 0);
    if (isInternal || contextApi.active() === context) return Reflect.apply(original, this, args);
    return contextApi.with(
      context,
      Reflect.apply<unknown, typeof args, boolean>,
      undefined,
      original,
      this,
      args,
    );
  } as Emit;
}
