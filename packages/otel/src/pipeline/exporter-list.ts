/** An exporter of a signal, by name or as an object of the application. */
export type ExporterSelection<Name extends string, E extends object> = Name | E;

/** Converts the exporter option of a signal, a name, a list of names or an object, to a list without duplicates. */
export function toExporterList<Name extends string, E extends object>(
  option: Name | readonly Name[] | E,
): readonly ExporterSelection<Name, E>[] {
  if (typeof option === 'string') return [option];
  return Array.isArray(option) ? [...new Set(option as readonly Name[])] : [option as E];
}

/** Returns the name of an exporter for the start-up line and warnings; for an object, the name of its class. */
export function exporterName(selection: string | object): string {
  if (typeof selection === 'string') return selection;
  const prototype: unknown = Object.getPrototypeOf(selection);
  if (prototype === null || prototype === Object.prototype) return 'custom exporter';
  const { constructor } = selection as { constructor?: { name?: unknown } };
  return typeof constructor?.name === 'string' && constructor.name !== ''
    ? constructor.name
    : 'custom exporter';
}
