import { EventEmitter } from 'node:events';
import { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type Context, context as contextApi } from '@opentelemetry/api';

/** The `emit` of an emitter, apart from it. */
export type Emit = (this: unknown, ...args: [event: string, ...unknown[]]) => boolean;

type Listen = (this: unknown, event: string | symbol, listener: (...args: never[]) => void) => unknown;

const isWatched = Symbol('sonde.watched');

interface Emitter {
  emit: Emit;
  listenerCount(event: string): number;
  /** By name: V8 is slow to put what stands under a symbol into new objects. */
  'sonde.exchange'?: RequestScope;
  [isWatched]?: boolean;
}

/** A request and its response, and the context that their listeners run in. */
export class RequestScope {
  readonly context: Context;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;

  constructor(context: Context, request: IncomingMessage, response: ServerResponse) {
    this.context = context;
    this.request = request;
    this.response = response;
  }

  /** The response is over: written, or given up. */
  closed(): void {}

  /** The response has failed: an error that nobody listens to is no end but that of the process. */
  failed(_error: unknown): void {}
}

/** Whether a request is followed already. */
export function isBound(request: IncomingMessage): boolean {
  return (request as Emitter)['sonde.exchange'] !== undefined;
}

const isEmitter = (response: ServerResponse): boolean =>
  typeof response.on === 'function' && typeof response.emit === 'function';

/** Whether a response reports its end, and both take what {@link bindListeners} puts into them. */
export function canFollow(request: IncomingMessage, response: ServerResponse): boolean {
  return isEmitter(response) && Object.isExtensible(request) && Object.isExtensible(response);
}

/** Those of requests and responses are watched. */
const { on: listen } = EventEmitter.prototype as unknown as { readonly on: Listen };

function onClose(this: Emitter): void {
  this['sonde.exchange']?.closed();
}

/**
 * Lets an exchange know its end, and lets what the application has listen to its request and response run in its
 * context. To be called after {@link watchListeners}.
 */
export function bindListeners(exchange: RequestScope): void {
  const { request, response } = exchange;
  (request as Emitter)['sonde.exchange'] = exchange;
  (response as Emitter)['sonde.exchange'] = exchange;
  if (!isEmitter(response)) return;
  listen.call(response, 'close', onClose);
  // Where no server reads the connection, as in adapters of serverless platforms, nothing closes.
  const socket = request.socket as (Socket & { readonly parser?: unknown }) | null | undefined;
  if (socket?.parser === undefined || socket.parser === null) listen.call(response, 'finish', onClose);
}

let isWatching = false;

/**
 * Node carries the context to most listeners; for the rest, such as what listens to a body that arrives later, it is
 * entered when there is something to tell. That costs each event, so it begins with the first listener that comes
 * while a request is followed: most requests have none.
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
          // A request or response of the application's own making stays as it is.
        }
        return original.call(this, event, listener);
      };
      Object.defineProperty(prototype, method, { value: watched, writable: true, configurable: true });
    }
  }
}

function bindEmitterContext(emitter: Emitter): void {
  const exchange = emitter['sonde.exchange'];
  // Once all is written Node itself begins to listen.
  if (exchange === undefined || emitter[isWatched] === true || exchange.response.writableFinished) return;
  emitter[isWatched] = true;
  const { context } = exchange;
  const { emit: original } = emitter;
  // What is listened to now is Node's and ours, and needs no context.
  const own = new Map(['close', 'end', 'finish'].map((event) => [event, emitter.listenerCount(event)]));
  const isResponse = emitter === (exchange.response as unknown);
  emitter.emit = function (this: Emitter, ...args) {
    if (isResponse && args[0] === 'error') exchange.failed(args[1]);
    // A copy of a request may have the method alone.
    const isOwn = this === emitter && this.listenerCount(args[0]) === (own.get(args[0]) ?? 0);
    if (isOwn || contextApi.active() === context) return Reflect.apply(original, this, args);
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
