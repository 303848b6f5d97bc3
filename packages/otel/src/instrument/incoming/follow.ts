import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Context, context as contextApi } from '@opentelemetry/api';

/** The `emit` of an emitter, apart from it. */
export type Emit = (this: unknown, ...args: [event: string, ...unknown[]]) => boolean;

const key = Symbol('sonde.exchange');

interface Emitter {
  emit: Emit;
  listenerCount(event: string): number;
  [key]?: Exchange;
}

const plainEmit = (EventEmitter.prototype as Emitter).emit;

/** A request and its response, and the context that their listeners run in. */
export class Exchange {
  readonly context: Context;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What emitted before. */
  readonly emitOfRequest: Emit;
  readonly emitOfResponse: Emit;
  /** How many listeners Node itself has: for them alone no context is entered. */
  readonly endListeners: number;
  readonly finishListeners: number;

  constructor(context: Context, request: IncomingMessage, response: ServerResponse) {
    this.context = context;
    this.request = request;
    this.response = response;
    this.emitOfRequest = (request as Emitter).emit;
    this.emitOfResponse = (response as Emitter).emit;
    this.endListeners = request.listenerCount('end');
    this.finishListeners = response.listenerCount('finish');
  }

  /** The response is over: written, or given up. */
  closed(): void {}

  /** The response has failed. */
  failed(_error: unknown): void {}
}

/** Whether a request is followed already. */
export function isFollowed(request: IncomingMessage): boolean {
  return (request as Emitter)[key] !== undefined;
}

/**
 * Lets an exchange know its end, and lets what listens to its request and response run in its context. Node carries
 * the context to most of them; for the rest, such as what listens to a body that arrives later, it is entered when
 * there is something to tell, which takes no listener and wraps none.
 */
export function follow(exchange: Exchange): void {
  const request: Emitter = exchange.request;
  const response: Emitter = exchange.response;
  request[key] = exchange;
  response[key] = exchange;
  request.emit = emitOfRequest as Emit;
  response.emit = emitOfResponse as Emit;
}

function emitOfRequest(this: Emitter, ...args: Parameters<Emit>): boolean {
  const exchange = this[key];
  // A copy of a request may have the method alone.
  if (exchange === undefined) return Reflect.apply(plainEmit, this, args);
  const own = args[0] === 'end' ? exchange.endListeners : 0;
  return emitInContext(exchange.context, exchange.emitOfRequest, this, args, own);
}

function emitOfResponse(this: Emitter, ...args: Parameters<Emit>): boolean {
  const exchange = this[key];
  if (exchange === undefined) return Reflect.apply(plainEmit, this, args);
  const event = args[0];
  if (event === 'close') exchange.closed();
  else if (event === 'error') exchange.failed(args[1]);
  const own = event === 'finish' ? exchange.finishListeners : 0;
  return emitInContext(exchange.context, exchange.emitOfResponse, this, args, own);
}

/** @param own how many listeners need no context */
function emitInContext(
  context: Context,
  emit: Emit,
  emitter: Emitter,
  args: Parameters<Emit>,
  own: number,
): boolean {
  if (contextApi.active() === context || emitter.listenerCount(args[0]) === own) {
    return Reflect.apply(emit, emitter, args);
  }
  return contextApi.with(
    context,
    Reflect.apply<unknown, typeof args, boolean>,
    undefined,
    emit,
    emitter,
    args,
  );
}
