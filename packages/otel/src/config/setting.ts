/** One configurable value: how an option is checked, how an environment variable is read, what is allowed. */
export interface Setting<T> {
  /** Environment variables that set it, the first that is set wins. */
  readonly env: readonly string[];
  /** What is allowed, as a phrase for an error message: `an integer from 0 to 65535`. */
  readonly allowed: string;
  /** What it does, one sentence for the reference. */
  readonly description: string;
  /** The value when neither option nor environment say anything. */
  readonly defaultValue: T | undefined;
  /** Whether `value` may be source as an option. */
  readonly accepts: (value: unknown) => value is T;
  /** The value that `text` stands for in an environment variable; undefined when it stands for none. */
  readonly parse: (text: string) => T | undefined;
}

/** The settings behind a flat configuration, one for each of its paths. */
export type Definitions<C> = { readonly [Path in keyof C]-?: Setting<NonNullable<C[Path]>> };

/** What every kind of setting takes beside its range. */
interface SettingDefinition<T> {
  readonly description: string;
  readonly env?: string | readonly string[];
  readonly defaultValue?: T;
}

function setting<T>(
  about: SettingDefinition<T>,
  kind: Pick<Setting<T>, 'allowed' | 'accepts'> & { parse?: Setting<T>['parse'] },
): Setting<T> {
  return {
    env: about.env === undefined ? [] : [about.env].flat(),
    description: about.description,
    defaultValue: about.defaultValue,
    allowed: kind.allowed,
    accepts: kind.accepts,
    parse: kind.parse ?? (() => undefined),
  };
}

/** A non-empty string. */
export function text(about: SettingDefinition<string>): Setting<string> {
  return setting(about, {
    allowed: 'a non-empty string',
    accepts: (value): value is string => typeof value === 'string' && value !== '',
    parse: (source) => source,
  });
}

/** A number that `accepts` accepts, in an environment variable in decimal notation. */
function number(
  about: SettingDefinition<number>,
  allowed: string,
  accepts: (value: unknown) => value is number,
): Setting<number> {
  return setting(about, {
    allowed,
    accepts,
    parse: (source) => {
      const value = Number(source);
      return source.trim() !== '' && accepts(value) ? value : undefined;
    },
  });
}

/** A whole number within a closed range. */
export function integer(about: SettingDefinition<number> & { min: number; max: number }): Setting<number> {
  const { min, max } = about;
  return number(
    about,
    `an integer from ${min} to ${max}`,
    (value): value is number =>
      typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max,
  );
}

/** A part of a whole: 0 to 1. */
export function ratio(about: SettingDefinition<number>): Setting<number> {
  return number(
    about,
    'a number from 0 to 1',
    (value): value is number => typeof value === 'number' && value >= 0 && value <= 1,
  );
}

/** True or false, in any case in an environment variable. */
export function boolean(about: SettingDefinition<boolean>): Setting<boolean> {
  return setting(about, {
    allowed: 'true or false',
    accepts: (value): value is boolean => typeof value === 'boolean',
    parse: (source) => ({ true: true, false: false })[source.trim().toLowerCase()],
  });
}

/** The word that `source` is, in any case; undefined when it is none of them. */
function wordIn<W extends string>(allowed: readonly W[], source: string): W | undefined {
  const lower = source.trim().toLowerCase();
  return allowed.find((each) => each.toLowerCase() === lower);
}

/** One of a few words, in any case in an environment variable. */
export function choice<const W extends string>(
  about: SettingDefinition<W> & { choices: readonly W[] },
): Setting<W> {
  const accepts = (value: unknown): value is W => about.choices.includes(value as W);
  return setting(about, {
    allowed: about.choices.map((each) => `"${each}"`).join(', '),
    accepts,
    parse: (source) => wordIn(about.choices, source),
  });
}

/** Several of a few words; in an environment variable separated by commas, and in any case. */
export function words<const W extends string>(
  about: SettingDefinition<readonly W[]> & { words: readonly W[] },
): Setting<readonly W[]> {
  const accepts = (value: unknown): value is readonly W[] =>
    Array.isArray(value) && value.length > 0 && value.every((each) => about.words.includes(each as W));
  return setting(about, {
    allowed: `a list of ${about.words.map((each) => `"${each}"`).join(', ')}`,
    accepts,
    parse: (source) => {
      const list = source.split(',').map((each) => wordIn(about.words, each));
      return accepts(list) ? list : undefined;
    },
  });
}

/** A value that only code can give: checked by `accepts`, never read from the environment. */
export function codeOnly<T>(
  about: SettingDefinition<T> & { allowed: string; accepts: (value: unknown) => boolean },
): Setting<T> {
  return setting(about, {
    allowed: about.allowed,
    accepts: (value): value is T => about.accepts(value),
  });
}

/** A value that has its own notation: `read` gives undefined for what it does not understand. */
export function custom<T>(
  about: SettingDefinition<T> & {
    allowed: string;
    accepts: (value: unknown) => boolean;
    read: (text: string) => T | undefined;
  },
): Setting<T> {
  return setting(about, {
    allowed: about.allowed,
    accepts: (value): value is T => about.accepts(value),
    parse: about.read,
  });
}
