/** A preload of a program, and where it was asked for. */
export interface Preload {
  readonly flag: '--require' | '--import' | '--loader';
  readonly specifier: string;
  readonly origin: 'NODE_OPTIONS' | 'the command line';
}

/** A command that starts Node.js, taken apart. */
export interface NodeCommand {
  readonly entry: string | undefined;
  readonly preloads: readonly Preload[];
  /** Whether a program such as `tsx` transforms the sources. */
  readonly runner: 'node' | 'tsx' | 'ts-node' | 'next' | 'other';
}

const preloadFlags: Readonly<Record<string, Preload['flag']>> = {
  '-r': '--require',
  '--require': '--require',
  '--import': '--import',
  '--loader': '--loader',
  '--experimental-loader': '--loader',
};
const valueFlags: ReadonlySet<string> = new Set([
  '-C',
  '--conditions',
  '--env-file',
  '--inspect-port',
  '--title',
]);

function readFlags(
  args: readonly string[],
  origin: Preload['origin'],
): { preloads: Preload[]; rest: string[] } {
  const preloads: Preload[] = [];
  for (let index = 0; index < args.length; index++) {
    const [name = '', inline] = (args[index] ?? '').split(/=(.*)/s, 2);
    if (!name.startsWith('-')) return { preloads, rest: args.slice(index) };
    const flag = preloadFlags[name];
    if (flag !== undefined) preloads.push({ flag, specifier: inline ?? args[++index] ?? '', origin });
    else if (valueFlags.has(name) && inline === undefined) index++;
  }
  return { preloads, rest: [] };
}

/** Splits NODE_OPTIONS as Node.js does: at spaces outside double quotes. */
function splitOptions(text: string): string[] {
  return (text.match(/(?:[^\s"]|"(?:[^"\\]|\\.)*")+/g) ?? []).map((part) => part.replaceAll('"', ''));
}

/** The preloads and the entry of a command; undefined for an empty one. */
export function parseCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): NodeCommand | undefined {
  const inherited = readFlags(splitOptions(environment['NODE_OPTIONS'] ?? ''), 'NODE_OPTIONS').preloads;
  const own = args.filter(
    (arg, index) => !/^\w+=/.test(arg) || args.slice(0, index).some((each) => !/^\w+=/.test(each)),
  );
  const [program, ...rest] = own;
  if (program === undefined)
    return inherited.length === 0 ? undefined : { entry: undefined, preloads: inherited, runner: 'node' };
  const name = program.replace(/^.*[\\/]/, '').replace(/\.exe$/, '');
  if (name !== 'node' && name !== 'tsx' && name !== 'ts-node') {
    return { entry: undefined, preloads: inherited, runner: name === 'next' ? 'next' : 'other' };
  }
  const words = name === 'tsx' && rest[0] === 'watch' ? rest.slice(1) : rest;
  const flags = readFlags(words, 'the command line');
  return { entry: flags.rest[0], preloads: [...inherited, ...flags.preloads], runner: name };
}
