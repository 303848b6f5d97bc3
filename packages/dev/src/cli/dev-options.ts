import { parseArgs } from 'node:util';
import { parseAssertion, type Assertion } from '../assert/assertion.ts';
import { parseDuration } from '../query/parse.ts';
import { nearest } from './nearest.ts';
import { UsageError } from './usage-error.ts';

/** A command to run: its arguments, or a line for the shell. */
export type Command = { readonly args: readonly string[] } | { readonly line: string };

/** The command line of `sonde dev`. */
export interface DevOptions {
  readonly commands: readonly Command[];
  readonly preload: boolean;
  readonly host: string;
  readonly port: number;
  readonly otlpPort: number;
  readonly grpcPort: number | undefined;
  readonly file: string | undefined;
  readonly maxBytes: number | undefined;
  readonly maxAgeMs: number | undefined;
  readonly forward: string | undefined;
  readonly imports: readonly string[];
  readonly editor: string | null;
  readonly assertions: readonly Assertion[];
  readonly open: boolean;
  readonly help: boolean;
}

const flags = {
  command: { type: 'string', short: 'c', multiple: true },
  'no-preload': { type: 'boolean' },
  port: { type: 'string' },
  'otlp-port': { type: 'string' },
  'grpc-port': { type: 'string' },
  'no-grpc': { type: 'boolean' },
  host: { type: 'string' },
  file: { type: 'string' },
  'max-size': { type: 'string' },
  'max-age': { type: 'string' },
  forward: { type: 'string' },
  import: { type: 'string', multiple: true },
  editor: { type: 'string' },
  assert: { type: 'string', multiple: true },
  open: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** The expected value of each flag that takes one, for messages. */
const expectedValues: Readonly<Record<string, string>> = {
  '--command': 'a command line such as "npm run api"',
  '--port': 'a port from 0 to 65535',
  '--otlp-port': 'a port from 0 to 65535',
  '--grpc-port': 'a port from 0 to 65535',
  '--host': 'an address of this machine, such as 0.0.0.0',
  '--file': 'a file, such as session.db',
  '--max-size': 'a size of at least 1MB, such as 512MB',
  '--max-age': 'a duration of at least 1s, such as 2h',
  '--forward': 'an address such as http://localhost:4318',
  '--import': 'a file of OTLP JSON lines',
  '--editor': 'a template with {file}, such as vscode://file/{file}:{line}:{column}, or none',
  '--assert': `an assertion such as 'spans("db") <= 2'`,
};

/** Rejects the value of a flag. */
function reject(flag: string, value: string): never {
  throw new UsageError(`${flag}: ${JSON.stringify(value)} is not allowed; expected ${expectedValues[flag]}`);
}

const defaultEditor = 'vscode://file/{file}:{line}:{column}';

/** Cuts the command line at each `--`: options first, then commands. */
function split(args: readonly string[]): { own: string[]; commands: Command[] } {
  const first = args.indexOf('--');
  if (first === -1) return { own: [...args], commands: [] };
  const commands: string[][] = [];
  for (const arg of args.slice(first)) {
    if (arg === '--') commands.push([]);
    else commands.at(-1)?.push(arg);
  }
  if (commands.some(({ length }) => length === 0)) {
    throw new UsageError('--: nothing follows; expected a command, as in sonde dev -- node app.js');
  }
  return { own: args.slice(0, first), commands: commands.map((command) => ({ args: command })) };
}

/** Joins a flag and its value: a value may begin with a dash, as an assertion does that begins with a negation. */
function joinValues(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] as string;
    const [name] = Object.entries(flags).find(([flag]) => arg === `--${flag}`) ?? [];
    const takesValue = name !== undefined && flags[name as keyof typeof flags].type === 'string';
    const value = takesValue ? args[index + 1] : undefined;
    if (value !== undefined) index += 1;
    joined.push(value === undefined ? arg : `${arg}=${value}`);
  }
  return joined;
}

function parse(args: string[]): ReturnType<typeof parseFlags> {
  try {
    return parseFlags(args);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const [, flag = ''] = /'(--?[^\s'=]+)/.exec(message) ?? [];
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
      const known = Object.keys(flags).map((name) => `--${name}`);
      const near = nearest(flag, known);
      throw new UsageError(`${flag}: no such option${near === undefined ? '' : `; did you mean ${near}?`}`);
    }
    const [long] = /--[\w-]+/.exec(message) ?? [flag];
    const expected = expectedValues[long];
    throw new UsageError(
      expected === undefined
        ? `${long}: expected no value`
        : `${long}: the value is missing; expected ${expected}`,
    );
  }
}

function parseFlags(args: string[]) {
  return parseArgs({ args, options: flags, strict: true, allowPositionals: true });
}

function parsePort(flag: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  return reject(`--${flag}`, text);
}

const sizes: Readonly<Record<string, number>> = { kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };

function parseSize(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)\s*(kb|mb|gb)$/i.exec(text) ?? [];
  const bytes = Number(count) * (sizes[unit.toLowerCase()] ?? 0);
  if (bytes >= 1024 ** 2) return bytes;
  return reject('--max-size', text);
}

function parseAge(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const duration = parseDuration(text);
  if (duration !== undefined && duration >= 1000) return duration;
  return reject('--max-age', text);
}

function parseUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text;
  return reject('--forward', text);
}

function parseEditor(text: string | undefined): string | null {
  if (text === undefined) return defaultEditor;
  if (text === 'none') return null;
  return /^[a-z][\w+.-]*:/i.test(text) && text.includes('{file}') ? text : reject('--editor', text);
}

function parseAssert(text: string): Assertion {
  try {
    return parseAssertion(text);
  } catch (error) {
    throw new UsageError(`--assert: ${JSON.stringify(text)} cannot be read: ${(error as Error).message}`);
  }
}

/** Reads the command line of `sonde dev`. @throws {UsageError} */
export function parseDevOptions(args: readonly string[]): DevOptions {
  const { own, commands } = split(args);
  const { values, positionals } = parse(joinValues(own));
  const [stray] = positionals;
  if (stray !== undefined) {
    throw new UsageError(
      `${JSON.stringify(stray)}: expected an option; a command comes after --, as in sonde dev -- ${positionals.join(' ')}`,
    );
  }
  const lines = (values.command ?? []).map((line) => ({ line }));
  const empty = lines.find(({ line }) => line.trim() === '');
  if (empty !== undefined) reject('--command', empty.line);
  const assertions = (values.assert ?? []).map(parseAssert);
  const all = [...commands, ...lines];
  if (assertions.length > 0 && all.length === 0) {
    throw new UsageError(
      '--assert: expected a command whose telemetry is judged, as in sonde dev --assert ... -- npm test',
    );
  }
  // For CI nobody looks, and several may run at once.
  const port = (fallback: number): number => (assertions.length > 0 ? 0 : fallback);
  return {
    commands: all,
    preload: values['no-preload'] !== true,
    host: values.host ?? 'localhost',
    port: parsePort('port', values.port, port(4320)),
    otlpPort: parsePort('otlp-port', values['otlp-port'], port(4318)),
    grpcPort:
      values['no-grpc'] === true ? undefined : parsePort('grpc-port', values['grpc-port'], port(4317)),
    file: values.file,
    maxBytes: parseSize(values['max-size']),
    maxAgeMs: parseAge(values['max-age']),
    forward: parseUrl(values.forward),
    imports: values.import ?? [],
    editor: parseEditor(values.editor),
    assertions,
    open: values.open === true,
    help: values.help === true,
  };
}
