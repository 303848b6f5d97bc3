import { type AnySettingsTable, isSetting } from './setting.ts';
import {
  type ConfigFault,
  createInvalidOptionFault,
  createUnknownOptionFault,
  SondeConfigError,
} from '@sonde/sdk';

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const anObject = 'an object of options';

/** Adds the faults of the options of one group. */
function validateGroup(
  table: AnySettingsTable,
  options: Record<string, unknown>,
  prefix: string,
  faults: ConfigFault[],
): void {
  const names = Object.keys(table).filter((name) => name !== 'isEnabled');
  for (const [name, value] of Object.entries(options)) {
    const option = prefix + name;
    const entry = names.includes(name) ? table[name] : undefined;
    if (value === undefined) continue;
    if (entry === undefined) faults.push(createUnknownOptionFault(prefix, name, names));
    else if (!isSetting(entry) && isRecord(value)) validateGroup(entry, value, `${option}.`, faults);
    else {
      const setting = isSetting(entry) ? entry : entry['isEnabled'];
      if (!isSetting(setting)) faults.push(createInvalidOptionFault(option, value, anObject));
      else if (!setting.accepts(value))
        faults.push(createInvalidOptionFault(option, value, setting.expected));
    }
  }
}

/**
 * Validates all options and collects every fault in one error.
 *
 * @throws {SondeConfigError} with the path, the value and the expected value of each invalid option
 */
export function validate(options: unknown, table: AnySettingsTable): void {
  const faults: ConfigFault[] = [];
  if (isRecord(options)) validateGroup(table, options, '', faults);
  else faults.push(createInvalidOptionFault('options', options, anObject));
  if (faults.length > 0) throw new SondeConfigError('start()', faults);
}
