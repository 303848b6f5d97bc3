import { Readable } from 'node:stream';
import { isPromise } from 'node:util/types';
import { Course, type Observer } from './course.ts';

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Step = IteratorResult<unknown>;

function methodOf(target: object, name: PropertyKey): Method | undefined {
  const value: unknown = Reflect.get(target, name);
  return typeof value === 'function' ? (value as Method) : undefined;
}

/** Puts `method` in the place of an object's own or inherited one. */
function place(target: object, name: PropertyKey, method: Method): void {
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
export function follow<R>(observer: Observer, call: () => R): R {
  const course = new Course(observer);
  let result: R;
  try {
    result = course.run(call);
  } catch (error) {
    course.fail(error);
    throw error;
  }
  return followResult(course, result);
}

function followResult<R>(course: Course, result: R): R {
  if ((typeof result !== 'object' && typeof result !== 'function') || result === null) {
    course.done();
    return result;
  }
  if (isPromise(result)) return followPromise(course, result) as R;
  try {
    if (followLazy(course, result)) course.dependOn(result);
    else course.done();
  } catch {
    // A frozen object, or a proxy that refuses: it is a value like any other.
    course.done();
  }
  return result;
}

function followPromise(course: Course, promise: Promise<unknown>): Promise<unknown> {
  try {
    return promise.then(
      (value) => followResult(course, value),
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
function followLazy(course: Course, result: object): boolean {
  const then = methodOf(result, 'then');
  if (then !== undefined) return followThenable(course, result, then);
  const makesAsync = methodOf(result, Symbol.asyncIterator);
  const next = methodOf(result, 'next');
  if (next !== undefined && makesAsync !== undefined) return followIterator(course, result, next, true);
  if (next !== undefined && Symbol.iterator in result) return followIterator(course, result, next, false);
  if (makesAsync === undefined) return false;
  if (result instanceof Readable) return followStream(course, result);
  return followIterable(course, result, makesAsync);
}

/** A thenable that is no promise, such as a query builder, may do its work only when somebody awaits it. */
function followThenable(course: Course, thenable: object, then: Method): true {
  place(thenable, 'then', function (this: unknown, ...handlers: unknown[]) {
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

function followStream(course: Course, stream: Readable): boolean {
  if (stream.closed) return false;
  stream.once('close', () => (stream.errored === null ? course.done() : course.fail(stream.errored)));
  return true;
}

function followIterable(course: Course, iterable: object, makesAsync: Method): true {
  place(iterable, Symbol.asyncIterator, function (this: unknown, ...args: unknown[]) {
    const iterator = course.run(() => makesAsync.apply(this, args)) as object;
    const next = methodOf(iterator, 'next');
    if (next !== undefined) {
      followIterator(course, iterator, next, true);
      course.dependOn(iterator);
    }
    return iterator;
  });
  return true;
}

function followIterator(course: Course, iterator: object, next: Method, isAsync: boolean): true {
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
  place(iterator, 'next', followed(next));
  place(iterator, 'return', followed(methodOf(iterator, 'return') ?? finish));
  const throws = methodOf(iterator, 'throw');
  if (throws !== undefined) place(iterator, 'throw', followed(throws));
  return true;
}
