import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { importLines } from '../api/import.ts';
import type { ChosenRequest } from '../assert/choose-requests.ts';
import { check } from '../assert/check.ts';
import type { Listener } from '../receiver/loopback.ts';
import { CommandRunner } from './command-runner.ts';
import type { DevOptions } from './dev-options.ts';
import { DevServer } from './dev-server.ts';
import { childEnvironment, findRegister, preloadFile } from './environment.ts';
import { UsageError } from './usage-error.ts';

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function reportTaken(name: string, listener: Listener | null): void {
  if (listener === null || listener.takenBy === null) return;
  const { wanted, port, takenBy } = listener;
  say(`sonde dev: port ${wanted} for ${name} is taken by ${takenBy}; it listens on ${port}`);
}

async function importFiles(server: DevServer, files: readonly string[]): Promise<void> {
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch((error: Error) => {
      throw new UsageError(`--import: ${JSON.stringify(file)} cannot be read: ${error.message}`);
    });
    const { spans, logs, points, errors } = await importLines(server.session, text);
    say(`sonde dev: took in ${spans} spans, ${logs} log records and ${points} points of ${file}`);
    for (const { line, detail } of errors) say(`sonde dev: ${file}:${line} is skipped: ${detail}`);
  }
}

function openBrowser(url: string): void {
  const command = { darwin: 'open', win32: 'explorer' }[process.platform as string] ?? 'xdg-open';
  spawn(command, [url], { stdio: 'ignore', detached: true })
    .on('error', () => say(`sonde dev: cannot open the browser: ${command} is missing`))
    .unref();
}

/** `@sonde/otel/register`, for programs that do not find their own; a hint where there is none. */
function chooseRegister({ preload }: DevOptions): string | undefined {
  if (!preload) return undefined;
  const register = findRegister(process.cwd());
  if (register === undefined) {
    say(
      'sonde dev: @sonde/otel is not installed here; Node programs run without it (npm install @sonde/otel)',
    );
  }
  return register;
}

/** The longest that the address waits for telemetry of the commands. */
const longestWaitMs = 3000;
/** A program prints its first lines about when it sends its first telemetry. */
const settleMs = 300;

/** Prints the address after the first lines of the commands, so that it is the last line of the start. */
async function printAddress({ session, url }: DevServer, ended: AbortSignal): Promise<void> {
  const latest = AbortSignal.any([ended, AbortSignal.timeout(longestWaitMs)]);
  try {
    await once(session.store, 'change', { signal: latest });
    await delay(settleMs, undefined, { signal: ended, ref: false });
  } catch {
    // Nothing came, or the commands have ended.
  }
  say(`open ${url}`);
}

async function judge(server: DevServer, { assertions }: DevOptions): Promise<boolean> {
  const { store } = server.session;
  await store.flush();
  let passed = true;
  for (const assertion of assertions) {
    const text = await store.query('chooseRequests', { source: assertion.source });
    const verdict = check(assertion, JSON.parse(text) as ChosenRequest[]);
    for (const line of verdict.lines) say(line);
    passed &&= verdict.passed;
  }
  return passed;
}

/** The flags of ports, by the field of the options. */
const portFlags = [
  ['port', '--port'],
  ['otlpPort', '--otlp-port'],
  ['grpcPort', '--grpc-port'],
] as const;

/** Starts the server. @throws {UsageError} that names the flag of an address or a port that cannot be used */
async function startServer(options: DevOptions): Promise<DevServer> {
  try {
    return await DevServer.start(options);
  } catch (error) {
    const { code, port } = error as NodeJS.ErrnoException & { port?: number };
    const host = JSON.stringify(options.host);
    if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EADDRNOTAVAIL') {
      throw new UsageError(
        `--host: ${host} is no address of this machine (${code}); expected one, such as 0.0.0.0`,
        { cause: error },
      );
    }
    const [, flag] = portFlags.find(([field]) => options[field] === port) ?? [];
    if (code === 'EACCES' && flag !== undefined) {
      throw new UsageError(
        `${flag}: "${port}" needs privileges (EACCES); expected a port from 1024 to 65535`,
        {
          cause: error,
        },
      );
    }
    throw error;
  }
}

/** Runs `sonde dev`. Gives the exit code. */
export async function runDev(options: DevOptions): Promise<number> {
  await using server = await startServer(options);
  const { servers } = server.session;
  reportTaken('OTLP over HTTP', servers.http);
  reportTaken('OTLP over gRPC', servers.grpc);
  reportTaken('the viewer', servers.viewer);
  await importFiles(server, options.imports);
  if (options.open) openBrowser(server.url);
  if (options.commands.length === 0) {
    const grpc = servers.grpc === null ? '' : `, gRPC on ${servers.grpc.port}`;
    say(`sonde dev: receives OTLP at ${server.otlpUrl}${grpc}`);
    say(`open ${server.url}`);
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), once(process, 'SIGHUP')]);
    return 0;
  }
  const register = chooseRegister(options);
  const preload = options.preload ? preloadFile : undefined;
  const otlpPort = servers.http?.port ?? 4318;
  const environment = childEnvironment(process.env, {
    otlpPort,
    preload,
    register,
    token: server.token,
  });
  const ended = new AbortController();
  const printed = printAddress(server, ended.signal);
  const code = await new CommandRunner(server.session).run(options.commands, environment);
  ended.abort();
  await printed;
  if (options.assertions.length === 0) return code;
  const passed = await judge(server, options);
  return code === 0 && !passed ? 1 : code;
}
