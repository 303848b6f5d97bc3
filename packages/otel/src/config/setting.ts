/** Options that hold a group of options. */
export type GroupName =
  | 'traces'
  | 'logs'
  | 'metrics'
  | 'sampling'
  | 'batch'
  | 'prometheus'
  | 'instrumentation'
  | 'otlp'
  | 'redact'
  | 'exit';

/** One configurable value: how its option is validated and how its environment variable is parsed. */
export interface Setting<T> {
  /** Environment variables in order of precedence. */
  readonly env: readonly string[];
  /** The allowed values, as a phrase for error messages: `an integer from 0 to 65535`. */
  readonly expected: string;
  /** The effect of the setting, for the reference documentation. */
  readonly description: string;
  /** The value when neither the option nor a variable is set. */
  readonly defaultValue: T | undefined;
  /** Whether `value` is valid as an option. */
  readonly accepts: (value: unknown) => value is T;
  /** Parses the text of an environment variable; undefined if it is invalid. */
  readonly parse: (text: string) => T | undefined;
}

/**
 * The settings of a configuration, nested like its options. A group that also accepts a boolean, such as `redact`,
 * has that value as `isEnabled`.
 */
export type SettingsTable<C> = {
  readonly [Name in keyof C]-?: Name extends GroupName
    ? SettingsTable<C[Name]>
    : Setting<NonNullable<C[Name]>>;
};

/** A settings table of any configuration. */
export interface AnySettingsTable {
  readonly [name: string]: Setting<unknown> | AnySettingsTable;
}

export function isSetting(entry: Setting<unknown> | AnySettingsTable | undefined): entry is Setting<unknown> {
  return typeof entry?.accepts === 'function';
}

/** Lists every setting under the path of its option, such as `metrics.prometheus.port`. */
export function listSettings(table: AnySettingsTable, prefix = ''): [path: string, Setting<unknown>][] {
  return Object.entries(table).flatMap(([name, entry]) => {
    const path = name === 'isEnabled' ? prefix.slice(0, -1) : prefix + name;
    return isSetting(entry) ? [[path, entry]] : listSettings(entry, `${path}.`);
  });
}

/** The part of a definition that is the same for every type of value. */
interface SettingDefinition<T> {
  readonly description: string;
  readonly env?: string | readonly string[];
  readonly defaultValue?: T;
}

function setting<T>(
  definition: SettingDefinition<T>,
  type: Pick<Setting<T>, 'expected' | 'accepts'> & { parse?: Setting<T>['parse'] },
): Setting<T> {
  return {
    env: definition.env === undefined ? [] : [definition.env].flat(),
    description: definition.description,
    defaultValue: definition.defaultValue,
    expected: type.expected,
    accepts: type.accepts,
    parse: type.parse ?? (() => undefined),
  };
}

/** A non-empty string. */
export function text(definition: SettingDefinition<string>): Setting<string> {
  return setting(definition, {
    expected: 'a non-empty string',
    accepts: (value): value is string => typeof value === 'string' && value !== '',
    parse: (source) => source,
  });
}

/** A number, in decimal notation in an environment variable. */
function number(
  definition: SettingDefinition<number>,
  expected: string,
  accepts: (value: unknown) => value is number,
): Setting<number> {
  return setting(definition, {
    expected,
    accepts,
    parse: (source) => {
      const value = Number(source);
      return source.trim() !== '' && accepts(value) ? value : undefined;
    },
  });
}

/** An integer within a closed range. */
export function integer(
  definition: SettingDefinition<number> & { min: number; max: number },
): Setting<number> {
  const { min, max } = definition;
  return number(
    definition,
    `an integer from ${min} to ${max}`,
    (value): value is number =>
      typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max,
  );
}

/** A number from 0 to 1. */
export function ratio(definition: SettingDefinition<number>): Setting<number> {
  return number(
    definition,
    'a number from 0 to 1',
    (value): value is number => typeof value === 'number' && value >= 0 && value <= 1,
  );
}

/** True or false; case-insensitive in an environment variable. */
export function boolean(definition: SettingDefinition<boolean>): Setting<boolean> {
  return setting(definition, {
    expected: 'true or false',
    accepts: (value): value is boolean => typeof value === 'boolean',
    parse: parseBoolean,
  });
}

function parseBoolean(source: string): boolean | undefined {
  return ({ true: true, false: false } as Record<string, boolean>)[source.trim().toLowerCase()];
}

/**
 * The switch of a group of options: a boolean in place of the group, case-insensitive in an environment variable.
 * A group given as an object is enabled.
 */
export function groupSwitch(definition: SettingDefinition<boolean>): Setting<boolean> {
  return setting(definition, {
    expected: 'true, false or an object of options',
    accepts: (value): value is boolean => typeof value === 'boolean',
    parse: definition.env === undefined ? () => undefined : parseBoolean,
  });
}

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');

function findName<N extends string>(names: readonly N[], source: string): N | undefined {
  const lower = source.trim().toLowerCase();
  return names.find((name) => name.toLowerCase() === lower);
}

/** One of several names; case-insensitive in an environment variable. */
export function choice<const C extends string>(
  definition: SettingDefinition<C> & { choices: readonly C[] },
): Setting<C> {
  return setting(definition, {
    expected: `one of ${quoted(definition.choices)}`,
    accepts: (value): value is C => definition.choices.includes(value as C),
    parse: (source) => findName(definition.choices, source),
  });
}

/** A list of names; separated by commas and case-insensitive in an environment variable. */
export function choices<const C extends string>(
  definition: SettingDefinition<readonly C[]> & { choices: readonly C[] },
): Setting<readonly C[]> {
  const accepts = (value: unknown): value is readonly C[] =>
    Array.isArray(value) && value.length > 0 && value.every((name) => definition.choices.includes(name as C));
  return setting(definition, {
    expected: `a list of ${quoted(definition.choices)}`,
    accepts,
    parse: (source) => {
      const names = source.split(',').map((name) => findName(definition.choices, name));
      return accepts(names) ? names : undefined;
    },
  });
}

/** A value with its own check, and its own notation in an environment variable; without `parse` no variable sets it. */
export function custom<T>(
  definition: SettingDefinition<T> & {
    expected: string;
    accepts: (value: unknown) => boolean;
    parse?: (text: string) => T | undefined;
  },
): Setting<T> {
  const { expected, accepts, parse } = definition;
  return setting(definition, {
    expected,
    accepts: (value): value is T => accepts(value),
    ...(parse && { parse }),
  });
}
