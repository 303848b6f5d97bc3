import type { SondeOptions } from '../options.ts';
import type { Setting } from './setting.ts';
import { type Config, settings } from './settings.ts';
import { validate } from './validate.ts';
import { nearest } from '@sonde/sdk';

/** A slip of the keyboard or two; names of other software, such as those of Kubernetes, are further away. */
const maxEdits = 2;

type Environment = Readonly<Record<string, string | undefined>>;

/** An environment variable that could not be understood; the specification asks to warn and to go on. */
export interface EnvironmentFault {
  readonly variable: string;
  readonly message: string;
}

function optionAt(options: object, path: string): unknown {
  let value: unknown = options;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
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
    faults.push({
      variable,
      message: `${variable}=${JSON.stringify(text.slice(0, 80))} is ignored; allowed is ${setting.allowed}`,
    });
  }
  return undefined;
}

/** The `SONDE_*` variables that are set and unknown, where the name of a known one is near. */
export function misspelledVariables(environment: Environment): EnvironmentFault[] {
  const known = Object.values(settings)
    .flatMap(({ env }) => env)
    .filter((name) => name.startsWith('SONDE_'));
  return Object.keys(environment).flatMap((variable) => {
    if (!variable.startsWith('SONDE_') || known.includes(variable)) return [];
    const meant = nearest(variable, known, maxEdits);
    return meant === undefined
      ? []
      : [{ variable, message: `${variable} is no variable of Sonde; did you mean ${meant}?` }];
  });
}

/**
 * The effective configuration: option before environment before default.
 *
 * @throws {SondeConfigError} for options that cannot be right; variables that cannot be right become faults
 */
export function resolve(
  options: SondeOptions,
  environment: Environment,
): { config: Config; faults: EnvironmentFault[] } {
  validate(options, settings);
  const faults: EnvironmentFault[] = [];
  const config: Record<string, unknown> = {};
  for (const [path, setting] of Object.entries(settings) as [string, Setting<unknown>][]) {
    const option = optionAt(options, path);
    config[path] =
      option === undefined ? (fromEnvironment(setting, environment, faults) ?? setting.defaultValue) : option;
  }
  return { config: config as unknown as Config, faults };
}
