import type { Setting } from './setting.ts';
import {
  type ConfigFault,
  createInvalidOptionFault,
  createUnknownOptionFault,
  formatValue,
  SondeConfigError,
} from '@sonde/sdk';

type Definitions = Readonly<Record<string, Setting<unknown>>>;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

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
      faults.push(createUnknownOptionFault(prefix, name, names));
      continue;
    }
    const setting = definitions[option];
    const isGroup = namesUnder(`${option}.`, definitions).length > 0;
    if (isGroup && isRecord(value)) check(value, `${option}.`, definitions, faults);
    else if (setting === undefined)
      faults.push({ option, problem: `${formatValue(value)} is not an object of options` });
    else if (!setting.accepts(value)) faults.push(createInvalidOptionFault(option, value, setting.allowed));
  }
}

/**
 * Checks options against their definitions, all of them before it complains.
 *
 * @throws {SondeConfigError} that names each option, the value received and what is allowed
 */
export function validate(options: unknown, definitions: Definitions): void {
  if (!isRecord(options)) {
    throw new SondeConfigError('start()', [
      { option: 'options', problem: `${formatValue(options)} is not an object of options` },
    ]);
  }
  const faults: ConfigFault[] = [];
  check(options, '', definitions, faults);
  if (faults.length > 0) throw new SondeConfigError('start()', faults);
}
