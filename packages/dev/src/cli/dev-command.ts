import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
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

/** Runs `sonde dev`. Gives the exit code. */
export async function runDev(options: DevOptions): Promise<number> {
  await using server = await DevServer.start(options);
  const { servers } = server.session;
  reportTaken('OTLP over HTTP', servers.http);
  reportTaken('OTLP over gRPC', servers.grpc);
  reportTaken('the viewer', servers.viewer);
  await importFiles(server, options.imports);
  if (options.commands.length === 0) {
    say(
      `sonde dev: receives OTLP at ${server.otlpUrl}${servers.grpc === null ? '' : `, gRPC on ${servers.grpc.port}`}`,
    );
  }
  say(`open ${server.url}`);
  if (options.open) openBrowser(server.url);
  if (options.commands.length === 0) {
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
  const code = await new CommandRunner(server.session).run(options.commands, environment);
  if (options.assertions.length === 0) return code;
  const passed = await judge(server, options);
  return code === 0 && !passed ? 1 : code;
}
