import { type Definitions, notation } from '../setting.ts';
import { listOf } from './shapes.ts';

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
  redact: notation<boolean | object>({
    env: 'SONDE_REDACT',
    fallback: true,
    allowed: 'true, false or an object of options',
    accepts: (value) => typeof value === 'boolean',
    read: (text) => ({ true: true, false: false })[text.trim().toLowerCase()],
    what: 'Whether secrets are taken out of spans, log records, metrics and the resource before they are exported.',
  }),
  'redact.keys': notation<readonly string[]>({
    env: 'SONDE_REDACT_KEYS',
    fallback: [],
    allowed: 'a list of names, in the environment separated by commas',
    accepts: listOf(isName),
    read: readNames,
    what: 'Names of attributes, header fields and query members that are secrets beside the usual ones.',
  }),
  'redact.except': notation<readonly string[]>({
    fallback: [],
    allowed: 'a list of names',
    accepts: listOf(isName),
    read: readNames,
    what: 'Names that are no secrets, though they look like one.',
  }),
  'redact.messages': notation<boolean>({
    env: 'SONDE_REDACT_MESSAGES',
    fallback: false,
    allowed: 'true or false',
    accepts: (value) => typeof value === 'boolean',
    read: (text) => ({ true: true, false: false })[text.trim().toLowerCase()],
    what: 'Whether messages, names of spans and texts of exceptions are searched for tokens, keys and `password=...` too.',
  }),
};
