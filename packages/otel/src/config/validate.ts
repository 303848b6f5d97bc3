import { type ConfigFault, SondeConfigError } from './errors.ts';
import { nearest } from './nearest.ts';
import type { Setting } from './setting.ts';

type Definitions = Readonly<Record<string, Setting<unknown>>>;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a value looks like in an error message: its kind and a short form of itself. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'function') return 'a function';
  return String(value);
}

/** The names that may stand under `prefix`. */
function namesUnder(prefix: string, definitions: Definitions): string[] {
  const names = Object.keys(definitions)
    .filter((path) => path.startsWith(prefix))
    .map((path) => path.slice(prefix.length).split('.', 1)[0] ?? '');
  return [...new Set(names)];
}

function check(options: object, prefix: string, definitions: Definitions, faults: ConfigFault[]): void {
  const names = namesUnder(prefix, definitions);
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    const option = prefix + name;
    if (value === undefined) continue;
    if (!names.includes(name)) {
      const near = nearest(name, names);
      const hint = near === undefined ? `allowed are ${names.join(', ')}` : `did you mean ${prefix}${near}?`;
      faults.push({ option, problem: `unknown option; ${hint}` });
      continue;
    }
    const setting = definitions[option];
    const isGroup = namesUnder(`${option}.`, definitions).length > 0;
    if (isGroup && isRecord(value)) check(value, `${option}.`, definitions, faults);
    else if (setting === undefined)
      faults.push({ option, problem: `${shown(value)} is not an object of options` });
    else if (!setting.accepts(value)) {
      faults.push({ option, problem: `${shown(value)} is not allowed; allowed is ${setting.allowed}` });
    }
  }
}

/**
 * Checks options against their definitions, all of them before it complains.
 *
 * @throws {SondeConfigError} that names each option, the value received and what is allowed
 */
export function validate(options: unknown, definitions: Definitions): void {
  if (!isRecord(options)) {
    throw new SondeConfigError([
      { option: 'options', problem: `${shown(options)} is not an object of options` },
    ]);
  }
  const faults: ConfigFault[] = [];
  check(options, '', definitions, faults);
  if (faults.length > 0) throw new SondeConfigError(faults);
}
