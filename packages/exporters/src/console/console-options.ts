import { isatty } from 'node:tty';
import { booleanRule, choiceRule, type Rule } from '@sonde/sdk';
import { environmentText } from '../environment.ts';

/** Options shared by the console exporters. */
export interface ConsoleOptions {
  /** The stream that lines are written to. @default 'stderr' */
  stream?: 'stderr' | 'stdout';
  /** Whether pretty lines are colored. @default true on a terminal unless NO_COLOR is set, and where FORCE_COLOR is set */
  colors?: boolean;
}

export const consoleRules: { readonly stream: Rule; readonly colors: Rule } = {
  stream: choiceRule(['stderr', 'stdout']),
  colors: booleanRule,
};

/** The options resolved for the streams of this process. */
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
  if (environmentText('NO_COLOR') !== undefined) return false;
  const forceColor = environmentText('FORCE_COLOR');
  return forceColor === undefined ? isTerminal : forceColor !== '0';
}

/** Colors and styles of the console. */
export type Color = 'dim' | 'cyan' | 'green' | 'yellow' | 'red' | 'magenta' | 'bold';

const codes: Readonly<Record<Color, number>> = {
  bold: 1,
  dim: 2,
  red: 31,
  green: 32,
  yellow: 33,
  magenta: 35,
  cyan: 36,
};

/** Wraps the text in the escape codes of a color if `enabled`. */
export function colorize(color: Color, text: string, enabled: boolean): string {
  return enabled ? `\x1b[${codes[color]}m${text}\x1b[0m` : text;
}
