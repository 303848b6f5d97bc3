/** One exporter of a signal: by name, or the application's own object. */
export type ExporterSelection<Name extends string, E extends object> = Name | E;

/** The exporters of a signal, whether the option is a name, a list of names or an object; each one once. */
export function toExporterList<Name extends string, E extends object>(
  option: Name | readonly Name[] | E,
): readonly ExporterSelection<Name, E>[] {
  if (typeof option === 'string') return [option];
  return Array.isArray(option) ? [...new Set(option as readonly Name[])] : [option as E];
}

/** The name of an exporter in the start-up line and in warnings: an application's own class goes by its name. */
export function exporterName(selection: string | object): string {
  if (typeof selection === 'string') return selection;
  const prototype: unknown = Object.getPrototypeOf(selection);
  if (prototype === null || prototype === Object.prototype) return 'custom exporter';
  const { constructor } = selection as { constructor?: { name?: unknown } };
  return typeof constructor?.name === 'string' && constructor.name !== ''
    ? constructor.name
    : 'custom exporter';
}
