/**
 * Makes `instanceof` work across the copies of the package in a process: a CommonJS and an ES module copy, or two
 * versions. Subclasses keep the default behavior.
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
