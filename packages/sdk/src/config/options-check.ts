import { SondeConfigError } from './config-error.ts';
import { type ConfigFault, createInvalidOptionFault, createUnknownOptionFault } from './config-fault.ts';

/** Validates one option, and describes the valid values. */
export interface Rule {
  readonly allowed: string;
  readonly test: (value: unknown) => boolean;
  /** Whether messages must not contain the value. */
  readonly isSecret?: boolean;
}

/** A rule for each known option. */
export type Rules<Options> = { readonly [Key in keyof Required<Options>]: Rule };

/** Validates all options. An undefined option is absent. @throws {SondeConfigError} with all faults */
export function checkOptions<Options extends object>(
  subject: string,
  options: Options,
  rules: Rules<Options>,
): void {
  if (typeof options !== 'object' || options === null) {
    throw new SondeConfigError(subject, [createInvalidOptionFault('options', options, 'an object')]);
  }
  const known = new Map<string, Rule>(Object.entries(rules));
  const faults: ConfigFault[] = [];
  for (const [name, value] of Object.entries(options)) {
    const rule = known.get(name);
    if (rule === undefined) faults.push(createUnknownOptionFault('', name, [...known.keys()]));
    else if (value !== undefined && !rule.test(value)) {
      faults.push(createInvalidOptionFault(name, value, rule.allowed, rule.isSecret));
    }
  }
  if (faults.length > 0) throw new SondeConfigError(subject, faults);
}

export const booleanRule: Rule = { allowed: 'true or false', test: (value) => typeof value === 'boolean' };
export const functionRule: Rule = { allowed: 'a function', test: (value) => typeof value === 'function' };
export const objectRule: Rule = {
  allowed: 'an object',
  test: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};
export const textRule: Rule = {
  allowed: 'a non-empty string',
  test: (value) => typeof value === 'string' && value !== '',
};
export const portRule: Rule = {
  allowed: 'a whole number from 0 to 65535 (0 uses any free port)',
  test: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65_535,
};
export const countRule: Rule = {
  allowed: 'a whole number above 0',
  test: (value) => Number.isSafeInteger(value) && Number(value) > 0,
};

/** Creates a rule for a choice of words. */
export function choiceRule(words: readonly string[]): Rule {
  return {
    allowed: `one of ${words.map((word) => `'${word}'`).join(', ')}`,
    test: (value) => typeof value === 'string' && words.includes(value),
  };
}
