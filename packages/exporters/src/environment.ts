/** The trimmed text of an environment variable; undefined if it is unset or blank, which the specification treats alike. */
export function environmentText(name: string): string | undefined {
  const text = process.env[name]?.trim();
  return text === undefined || text === '' ? undefined : text;
}
