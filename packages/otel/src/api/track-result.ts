import { Readable } from 'node:stream';
import { isPromise } from 'node:util/types';
import { CallTracker, type Observer } from './call-tracker.ts';

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Step = IteratorResult<unknown>;

function getMethod(target: object, name: PropertyKey): Method | undefined {
  const value: unknown = Reflect.get(target, name);
  return typeof value === 'function' ? (value as Method) : undefined;
}

/** Puts `method` in the place of an object's own or inherited one. */
function defineMethod(target: object, name: PropertyKey, method: Method): void {
  Object.defineProperty(target, name, {
    value: method,
    configurable: true,
    enumerable: false,
    writable: true,
  });
}

/**
 * Makes a call and tells its observer when it is over: on return or throw, when a promise settles, when a generator,
 * iterator or async iterable has come to its end or was left early, when a readable stream closes.
 *
 * The result is what the call gave: the same object, with one exception, a native promise, which is followed by one
 * that settles alike, so that a rejection nobody handles is still told to the process.
 */
export function trackResult<R>(observer: Observer, call: () => R): R {
  const course = new CallTracker(observer);
  let result: R;
  try {
    result = course.run(call);
  } catch (error) {
    course.fail(error);
    throw error;
  }
  return trackValue(course, result);
}

function trackValue<R>(course: CallTracker, result: R): R {
  if ((typeof result !== 'object' && typeof result !== 'function') || result === null) {
    course.done();
    return result;
  }
  if (isPromise(result)) return trackPromise(course, result) as R;
  try {
    if (trackLazy(course, result)) course.dependOn(result);
    else course.done();
  } catch {
    // A frozen object, or a proxy that refuses: it is a value like any other.
    course.done();
  }
  return result;
}

function trackPromise(course: CallTracker, promise: Promise<unknown>): Promise<unknown> {
  try {
    return promise.then(
      (value) => trackValue(course, value),
      (error: unknown) => {
        course.fail(error);
        throw error;
      },
    );
  } catch {
    // A promise with a `then` of its own: it is a value like any other.
    course.done();
    return promise;
  }
}

/** Follows what goes on after the call has returned; false for a plain value. */
function trackLazy(course: CallTracker, result: object): boolean {
  const then = getMethod(result, 'then');
  if (then !== undefined) return trackThenable(course, result, then);
  const makesAsync = getMethod(result, Symbol.asyncIterator);
  const next = getMethod(result, 'next');
  if (next !== undefined && makesAsync !== undefined) return trackIterator(course, result, next, true);
  if (next !== undefined && Symbol.iterator in result) return trackIterator(course, result, next, false);
  if (makesAsync === undefined) return false;
  if (result instanceof Readable) return trackStream(course, result);
  return trackIterable(course, result, makesAsync);
}

/** A thenable that is no promise, such as a query builder, may do its work only when somebody awaits it. */
function trackThenable(course: CallTracker, thenable: object, then: Method): true {
  defineMethod(thenable, 'then', function (this: unknown, ...handlers: unknown[]) {
    const [onFulfilled, onRejected, ...more] = handlers;
    const fulfilled = (value: unknown): unknown => {
      course.done();
      return typeof onFulfilled === 'function' ? (onFulfilled as Method)(value) : value;
    };
    const rejected = (error: unknown): unknown => {
      course.fail(error);
      if (typeof onRejected === 'function') return (onRejected as Method)(error);
      throw error;
    };
    return course.run(() => then.call(this, fulfilled, rejected, ...more));
  });
  return true;
}

function trackStream(course: CallTracker, stream: Readable): boolean {
  if (stream.closed) return false;
  stream.once('close', () => (stream.errored === null ? course.done() : course.fail(stream.errored)));
  return true;
}

function trackIterable(course: CallTracker, iterable: object, makesAsync: Method): true {
  defineMethod(iterable, Symbol.asyncIterator, function (this: unknown, ...args: unknown[]) {
    const iterator = course.run(() => makesAsync.apply(this, args)) as object;
    const next = getMethod(iterator, 'next');
    if (next !== undefined) {
      trackIterator(course, iterator, next, true);
      course.dependOn(iterator);
    }
    return iterator;
  });
  return true;
}

function trackIterator(course: CallTracker, iterator: object, next: Method, isAsync: boolean): true {
  const took = (step: unknown): unknown => {
    course.stepped();
    if ((step as Step).done === true) course.done();
    return step;
  };
  const failed = (error: unknown): never => {
    course.fail(error);
    throw error;
  };
  const followed = (method: Method): Method =>
    function (this: unknown, ...args) {
      try {
        const step = course.run(() => method.apply(this, args));
        return isAsync ? Promise.resolve(step).then(took, failed) : took(step);
      } catch (error) {
        return failed(error);
      }
    };
  const finish: Method = (value) => {
    const step: Step = { done: true, value };
    return isAsync ? Promise.resolve(step) : step;
  };
  defineMethod(iterator, 'next', followed(next));
  defineMethod(iterator, 'return', followed(getMethod(iterator, 'return') ?? finish));
  const throws = getMethod(iterator, 'throw');
  if (throws !== undefined) defineMethod(iterator, 'throw', followed(throws));
  return true;
}
