/** Any function; callers know the types of its parameters. */
export type Callable = (...args: never[]) => unknown;

/** Returns a function with the name and length of `fn` that runs `call`, which can run the original. */
export function wrap<F extends Callable>(fn: F, call: (original: () => ReturnType<F>) => ReturnType<F>): F {
  const original = fn as unknown as (this: unknown, ...args: unknown[]) => ReturnType<F>;
  function wrapper(this: unknown, ...args: unknown[]): ReturnType<F> {
    return call(() => original.apply(this, args));
  }
  Object.defineProperty(wrapper, 'name', { value: fn.name, configurable: true });
  Object.defineProperty(wrapper, 'length', { value: fn.length, configurable: true });
  return wrapper as unknown as F;
}
