import { type Definitions, custom } from '../setting.ts';
import { listOf } from './validators.ts';

const isName = (value: unknown): boolean => typeof value === 'string' && value !== '';

/** Reads `card.number, iban`. */
function readNames(text: string): readonly string[] | undefined {
  const names = text.split(',').map((name) => name.trim());
  return names.every(isName) ? names : undefined;
}

export interface RedactConfig {
  readonly redact: boolean | object;
  readonly 'redact.keys': readonly string[];
  readonly 'redact.except': readonly string[];
  readonly 'redact.messages': boolean;
}

export const redactSettings: Definitions<RedactConfig> = {
  redact: custom<boolean | object>({
    env: 'SONDE_REDACT',
    defaultValue: true,
    allowed: 'true, false or an object of options',
    accepts: (value) => typeof value === 'boolean',
    read: (text) => ({ true: true, false: false })[text.trim().toLowerCase()],
    description:
      'Whether secrets are taken out of spans, log records, metrics and the resource before they are exported.',
  }),
  'redact.keys': custom<readonly string[]>({
    env: 'SONDE_REDACT_KEYS',
    defaultValue: [],
    allowed: 'a list of names, in the environment separated by commas',
    accepts: listOf(isName),
    read: readNames,
    description:
      'Names of attributes, header fields and query members that are secrets beside the usual ones.',
  }),
  'redact.except': custom<readonly string[]>({
    defaultValue: [],
    allowed: 'a list of names',
    accepts: listOf(isName),
    read: readNames,
    description: 'Names that are no secrets, though they look like one.',
  }),
  'redact.messages': custom<boolean>({
    env: 'SONDE_REDACT_MESSAGES',
    defaultValue: false,
    allowed: 'true or false',
    accepts: (value) => typeof value === 'boolean',
    read: (text) => ({ true: true, false: false })[text.trim().toLowerCase()],
    description:
      'Whether messages, names of spans and texts of exceptions are searched for tokens, keys and `password=...` too.',
  }),
};
