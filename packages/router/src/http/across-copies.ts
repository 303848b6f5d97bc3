/**
 * Lets `instanceof` hold for the instances of every copy of the package in the process: a program can have a CommonJS
 * and an ES module copy, or two versions. Subclasses keep the usual rule.
 */
export function acrossCopies(constructor: { readonly prototype: object }, name: string): void {
  const brand = Symbol.for(`@sonde/router ${name}`);
  Object.defineProperty(constructor.prototype, brand, { value: true });
  Object.defineProperty(constructor, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      return this === constructor
        ? (value as Record<symbol, unknown> | null | undefined)?.[brand] === true
        : Function.prototype[Symbol.hasInstance].call(this as () => void, value);
    },
  });
}
