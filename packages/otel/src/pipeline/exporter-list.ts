import type { ExporterName } from '../options.ts';

/** What one of a signal's exporters is: a name, or the user's own object. */
export type ExporterSelection<E extends object> = ExporterName | E;

/** The exporters of a signal, one by one, whether the option gave one or a list of names. */
export function toExporterList<E extends object>(
  option: ExporterName | readonly ExporterName[] | E,
): readonly ExporterSelection<E>[] {
  if (typeof option === 'string') return [option];
  return Array.isArray(option) ? (option as readonly ExporterName[]) : [option as E];
}
