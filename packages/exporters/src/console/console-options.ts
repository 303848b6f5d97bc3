import { isatty } from 'node:tty';
import { booleanRule, oneOf, type Rule } from '@sonde/sdk';

/** Options that both console exporters have. */
export interface ConsoleOptions {
  /** Where the lines go. @default 'stderr' */
  stream?: 'stderr' | 'stdout';
  /** Whether pretty lines are coloured. @default on a terminal, unless NO_COLOR is set; FORCE_COLOR turns it on elsewhere */
  colors?: boolean;
}

export const consoleRules: { readonly stream: Rule; readonly colors: Rule } = {
  stream: oneOf(['stderr', 'stdout']),
  colors: booleanRule,
};

/** What the options mean on this process's streams. */
export interface Console {
  readonly fd: number;
  readonly isTerminal: boolean;
  readonly colors: boolean;
}

export function resolveConsole(options: ConsoleOptions): Console {
  const fd = options.stream === 'stdout' ? 1 : 2;
  const isTerminal = isatty(fd);
  return { fd, isTerminal, colors: options.colors ?? colorsByDefault(isTerminal) };
}

function colorsByDefault(isTerminal: boolean): boolean {
  const { NO_COLOR: no = '', FORCE_COLOR: force = '' } = process.env;
  if (no !== '') return false;
  return force === '' ? isTerminal : force !== '0';
}
