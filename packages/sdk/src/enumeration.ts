/**
 * An enumeration of an SDK package by its values: such a package is large, and need not be loaded for them. A
 * contract test compares them.
 */
export function enumeration<Enumeration>(members: Readonly<Record<keyof Enumeration, unknown>>): Enumeration {
  return members as Enumeration;
}
