import type { RedactConfig } from '../config.ts';
import { boolean, custom, groupSwitch, type SettingsTable } from '../setting.ts';
import { everyItem, isNonEmptyString, splitList } from './shared.ts';

/** Parses `card.number, iban`. */
function parseNames(text: string): readonly string[] | undefined {
  const names = splitList(text);
  return names.every(isNonEmptyString) ? names : undefined;
}

export const redactSettings: SettingsTable<RedactConfig> = {
  isEnabled: groupSwitch({
    env: 'SONDE_REDACT',
    defaultValue: true,
    description:
      'Redacts secrets from spans, log records, metrics and the resource before export, including console output.',
  }),
  keys: custom<readonly string[]>({
    env: 'SONDE_REDACT_KEYS',
    defaultValue: [],
    expected: 'a list of names, in the environment separated by commas',
    accepts: everyItem(isNonEmptyString),
    parse: parseNames,
    description:
      'Names of attributes, header fields and query parameters that are secret in addition to the built-in ones.',
  }),
  except: custom<readonly string[]>({
    defaultValue: [],
    expected: 'a list of names',
    accepts: everyItem(isNonEmptyString),
    description: 'Names that match a secret but are not one.',
  }),
  messages: boolean({
    env: 'SONDE_REDACT_MESSAGES',
    defaultValue: false,
    description:
      'Redacts tokens, private keys and `password=...` in log messages, span names and exception texts too.',
  }),
};
