/** The widest type of a function: its parameters are checked where the function is known. */
export type Callable = (...args: never[]) => unknown;

/** A function that stands for `fn`, under its name and with its number of parameters. */
export function wrap<F extends Callable>(fn: F, call: (original: () => ReturnType<F>) => ReturnType<F>): F {
  const original = fn as unknown as (this: unknown, ...args: unknown[]) => ReturnType<F>;
  function standingIn(this: unknown, ...args: unknown[]): ReturnType<F> {
    return call(() => original.apply(this, args));
  }
  Object.defineProperty(standingIn, 'name', { value: fn.name, configurable: true });
  Object.defineProperty(standingIn, 'length', { value: fn.length, configurable: true });
  return standingIn as unknown as F;
}
