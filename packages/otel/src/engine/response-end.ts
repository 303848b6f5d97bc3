import { errorMonitor, EventEmitter } from 'node:events';
import { ServerResponse } from 'node:http';

/** The `emit` of an emitter, apart from it. */
export type Emit = (this: unknown, ...args: [event: string, ...unknown[]]) => boolean;

type Listen = (this: unknown, event: string | symbol, listener: (...args: never[]) => void) => unknown;

/** Who wants to know how a response ends. It does not throw. */
export interface EndListener {
  /** The response is over: written, or given up. More than once is as once. */
  closed(): void;
  /** The response has failed. */
  failed(error: unknown): void;
}

/** What is known of a request or a response. By name: V8 is slow to put what stands under a symbol into new objects. */
export interface Known {
  'sonde.exchange'?: EndListener;
}

interface Response extends Known {
  emit: Emit;
}

/** That of responses, once it tells their ends. */
let tellingEmit: Emit | undefined;

/**
 * Tells a listener the end of a response as it is told to those that the application has listen, and before them. A
 * listener of the response's own would cost more, and be seen.
 */
export function tellEnd(response: ServerResponse, listener: EndListener): void {
  const told = response as unknown as Response;
  tellingEmit ??= watchEnds(ServerResponse.prototype);
  if (told['sonde.exchange'] === undefined) {
    told['sonde.exchange'] = listener;
    if (told.emit === tellingEmit) return;
  }
  // A response that is not Node's, whose `emit` is its own, or whose end is told to somebody already.
  listen.call(response, 'close', () => listener.closed());
  listen.call(response, errorMonitor, (error: unknown) => listener.failed(error));
}

/** Not that of a response, which is watched. */
const { on: listen } = EventEmitter.prototype as unknown as { readonly on: Listen };

function watchEnds(prototype: ServerResponse): Emit {
  const { emit: original } = prototype as unknown as Response;
  const emit = function (this: Response, event: string, argument: unknown): boolean {
    if (event === 'close') this['sonde.exchange']?.closed();
    else if (event === 'error') this['sonde.exchange']?.failed(argument);
    if (arguments.length === 1) return original.call(this, event);
    if (arguments.length === 2) return original.call(this, event, argument);
    return Reflect.apply(original, this, arguments as unknown as Parameters<Emit>);
  } as Emit;
  Object.defineProperty(prototype, 'emit', { value: emit, writable: true, configurable: true });
  return emit;
}
