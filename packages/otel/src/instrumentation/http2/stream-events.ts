import { type Context, context as contextApi, diag } from '@opentelemetry/api';

/** The symbol key is not visible to code that enumerates a stream. */
const isObservedKey = Symbol('sonde.observed');

type Emit = (this: unknown, ...args: [event: string | symbol, ...unknown[]]) => boolean;

interface ObservedStream {
  emit: Emit;
  [isObservedKey]?: true;
}

/** Whether a stream of HTTP/2 is observed already. */
export const isObserved = (stream: object): boolean =>
  (stream as Partial<ObservedStream>)[isObservedKey] === true;

/**
 * Runs the listeners of a stream in a context, and calls an observer before them. It adds no listeners: one for `error`
 * would hide errors from the application.
 */
export function observeEvents(
  stream: { readonly emit: Emit },
  context: Context,
  observe: (event: string | symbol, argument: unknown) => void,
): void {
  const observed = stream as ObservedStream;
  const { emit: original } = observed;
  observed[isObservedKey] = true;
  observed.emit = function (...args): boolean {
    try {
      observe(args[0], args[1]);
    } catch (fault) {
      reportFault(fault);
    }
    if (contextApi.active() === context) return Reflect.apply(original, this, args);
    return contextApi.with(context, () => Reflect.apply(original, this, args));
  };
}

/** Reports an error of telemetry to `diag`; it must not reach the application. */
export function reportFault(fault: unknown): void {
  diag.error('failed to record a stream of HTTP/2', fault);
}
