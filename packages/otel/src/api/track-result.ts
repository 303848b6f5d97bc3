import { Readable } from 'node:stream';
import { isPromise } from 'node:util/types';
import { CallTracker, type Observer } from './call-tracker.ts';

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Step = IteratorResult<unknown>;

function getMethod(target: object, name: PropertyKey): Method | undefined {
  const value: unknown = Reflect.get(target, name);
  return typeof value === 'function' ? (value as Method) : undefined;
}

/** Replaces an own or inherited method of an object. */
function defineMethod(target: object, name: PropertyKey, method: Method): void {
  Object.defineProperty(target, name, {
    value: method,
    configurable: true,
    enumerable: false,
    writable: true,
  });
}

/**
 * Runs a call and notifies its observer when it is over: on return or throw, when a promise settles, when a generator,
 * iterator or async iterable is finished or abandoned, when a readable stream closes.
 *
 * Returns the same object that the call returned. Only a native promise is replaced by a derived one that settles alike, so
 * that Node.js still reports unhandled rejections.
 */
export function trackResult<R>(observer: Observer, call: () => R): R {
  const tracker = new CallTracker(observer);
  let result: R;
  try {
    result = tracker.run(call);
  } catch (error) {
    tracker.fail(error);
    throw error;
  }
  return trackValue(tracker, result);
}

function trackValue<R>(tracker: CallTracker, result: R): R {
  if ((typeof result !== 'object' && typeof result !== 'function') || result === null) {
    tracker.done();
    return result;
  }
  if (isPromise(result)) return trackPromise(tracker, result) as R;
  try {
    if (trackLazy(tracker, result)) tracker.dependOn(result);
    else tracker.done();
  } catch {
    // A frozen object or a proxy cannot be wrapped: treat it as a plain value.
    tracker.done();
  }
  return result;
}

function trackPromise(tracker: CallTracker, promise: Promise<unknown>): Promise<unknown> {
  try {
    return promise.then(
      (value) => trackValue(tracker, value),
      (error: unknown) => {
        tracker.fail(error);
        throw error;
      },
    );
  } catch {
    // A promise with its own `then` that throws: treat it as a plain value.
    tracker.done();
    return promise;
  }
}

/** Wraps a result whose work continues after the call has returned; false for a plain value. */
function trackLazy(tracker: CallTracker, result: object): boolean {
  const then = getMethod(result, 'then');
  if (then !== undefined) return trackThenable(tracker, result, then);
  const asyncIterator = getMethod(result, Symbol.asyncIterator);
  const next = getMethod(result, 'next');
  if (next !== undefined && asyncIterator !== undefined) return trackIterator(tracker, result, next, true);
  if (next !== undefined && Symbol.iterator in result) return trackIterator(tracker, result, next, false);
  if (asyncIterator === undefined) return false;
  if (result instanceof Readable) return trackStream(tracker, result);
  return trackIterable(tracker, result, asyncIterator);
}

/** A thenable that is not a promise, such as a query builder, may start its work only when it is awaited. */
function trackThenable(tracker: CallTracker, thenable: object, then: Method): true {
  defineMethod(thenable, 'then', function (this: unknown, ...handlers: unknown[]) {
    const [onFulfilled, onRejected, ...otherHandlers] = handlers;
    const fulfilled = (value: unknown): unknown => {
      tracker.done();
      return typeof onFulfilled === 'function' ? (onFulfilled as Method)(value) : value;
    };
    const rejected = (error: unknown): unknown => {
      tracker.fail(error);
      if (typeof onRejected === 'function') return (onRejected as Method)(error);
      throw error;
    };
    return tracker.run(() => then.call(this, fulfilled, rejected, ...otherHandlers));
  });
  return true;
}

function trackStream(tracker: CallTracker, stream: Readable): boolean {
  if (stream.closed) return false;
  stream.once('close', () => (stream.errored === null ? tracker.done() : tracker.fail(stream.errored)));
  return true;
}

function trackIterable(tracker: CallTracker, iterable: object, asyncIterator: Method): true {
  defineMethod(iterable, Symbol.asyncIterator, function (this: unknown, ...args: unknown[]) {
    const iterator = tracker.run(() => asyncIterator.apply(this, args)) as object;
    const next = getMethod(iterator, 'next');
    if (next !== undefined) {
      trackIterator(tracker, iterator, next, true);
      tracker.dependOn(iterator);
    }
    return iterator;
  });
  return true;
}

function trackIterator(tracker: CallTracker, iterator: object, next: Method, isAsync: boolean): true {
  const onStep = (step: unknown): unknown => {
    tracker.stepped();
    if ((step as Step).done === true) tracker.done();
    return step;
  };
  const onFailure = (error: unknown): never => {
    tracker.fail(error);
    throw error;
  };
  const wrapStep = (method: Method): Method =>
    function (this: unknown, ...args) {
      try {
        const step = tracker.run(() => method.apply(this, args));
        return isAsync ? Promise.resolve(step).then(onStep, onFailure) : onStep(step);
      } catch (error) {
        return onFailure(error);
      }
    };
  const finish: Method = (value) => {
    const step: Step = { done: true, value };
    return isAsync ? Promise.resolve(step) : step;
  };
  defineMethod(iterator, 'next', wrapStep(next));
  defineMethod(iterator, 'return', wrapStep(getMethod(iterator, 'return') ?? finish));
  const throws = getMethod(iterator, 'throw');
  if (throws !== undefined) defineMethod(iterator, 'throw', wrapStep(throws));
  return true;
}
