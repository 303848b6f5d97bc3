/** The colours that the console uses. */
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

/** The text in a colour, or as it is. */
export function colorize(colour: Color, text: string, enabled: boolean): string {
  return enabled ? `\x1b[${codes[colour]}m${text}\x1b[0m` : text;
}
