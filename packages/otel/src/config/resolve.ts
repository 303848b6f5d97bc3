import type { SondeOptions } from '../options.ts';
import type { Config } from './config.ts';
import { settings } from './settings/settings.ts';
import { invalidVariableMessage } from './environment.ts';
import { type AnySettingsTable, isSetting, listSettings, type Setting } from './setting.ts';
import { isRecord, validate } from './validate.ts';
import { nearest } from '@sonde/sdk';

/** Edits between a misspelled name and the intended one; variables of other software, such as Kubernetes, differ by more. */
const MAX_EDITS = 2;

type Environment = Readonly<Record<string, string | undefined>>;

/** An invalid environment variable. The specification asks to warn and to ignore it. */
export interface EnvironmentFault {
  readonly variable: string;
  readonly message: string;
}

function fromEnvironment(
  setting: Setting<unknown>,
  environment: Environment,
  faults: EnvironmentFault[],
): unknown {
  for (const variable of setting.env) {
    const text = environment[variable];
    if (text === undefined || text.trim() === '') continue;
    const value = setting.parse(text);
    if (value !== undefined) return value;
    faults.push({ variable, message: invalidVariableMessage(variable, text, setting.expected) });
  }
  return undefined;
}

/** The set `SONDE_*` variables that do not exist but resemble one that does. */
export function misspelledVariables(environment: Environment = process.env): EnvironmentFault[] {
  const known = listSettings(settings)
    .flatMap(([, { env }]) => env)
    .filter((name) => name.startsWith('SONDE_'));
  return Object.keys(environment).flatMap((variable) => {
    if (!variable.startsWith('SONDE_') || known.includes(variable)) return [];
    const intended = nearest(variable, known, MAX_EDITS);
    if (intended === undefined) return [];
    return [{ variable, message: `ignoring unknown variable ${variable}; did you mean ${intended}?` }];
  });
}

/** The value of a group's switch: a boolean given in place of the group; a group given as an object is enabled. */
function switchValue(group: unknown): unknown {
  return isRecord(group) ? true : group;
}

function resolveGroup(
  table: AnySettingsTable,
  group: unknown,
  environment: Environment,
  faults: EnvironmentFault[],
): Record<string, unknown> {
  const options = isRecord(group) ? group : {};
  const config: Record<string, unknown> = {};
  for (const [name, entry] of Object.entries(table)) {
    const option = name === 'isEnabled' ? switchValue(group) : options[name];
    if (!isSetting(entry)) config[name] = resolveGroup(entry, option, environment, faults);
    else if (option !== undefined) config[name] = option;
    else config[name] = fromEnvironment(entry, environment, faults) ?? entry.defaultValue;
  }
  return config;
}

/**
 * The effective configuration: options take precedence over environment variables, those over defaults. Invalid variables
 * are returned as faults.
 *
 * @throws {SondeConfigError} for invalid options
 */
export function resolve(
  options: SondeOptions,
  environment: Environment = process.env,
): { config: Config; faults: EnvironmentFault[] } {
  validate(options, settings);
  const faults: EnvironmentFault[] = [];
  return { config: resolveGroup(settings, options, environment, faults) as unknown as Config, faults };
}
