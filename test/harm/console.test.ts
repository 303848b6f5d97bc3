import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Readable } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { packageFlags } from '../support/program.ts';

const timeout = 120_000;
const withoutExporters = {
  OTEL_TRACES_EXPORTER: 'none',
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
  NODE_OPTIONS: '',
};

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(import.meta.dirname, '..', '.program-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts `app.cjs` under Sonde with the given outputs. */
async function start(
  t: TestContext,
  source: string,
  stdio: StdioOptions = ['ignore', 'pipe', 'pipe'],
  env: Readonly<Record<string, string>> = {},
): Promise<ChildProcess> {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'app.cjs'), source);
  const child = spawn(process.execPath, [...packageFlags, '--require', '@sonde/otel/register', 'app.cjs'], {
    cwd: folder,
    stdio,
    env: { ...process.env, ...withoutExporters, ...env },
  });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

const ended = async (child: ChildProcess): Promise<unknown[]> => once(child, 'exit');
const formatText = async (stream: Readable | null): Promise<string> =>
  Buffer.concat((await stream?.toArray()) as Buffer[]).toString();

/** Reads until the text is there, and no further. */
async function printed(stream: Readable | null, text: string): Promise<void> {
  let output = '';
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  stream?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (output.includes(text)) resolve();
  });
  stream?.once('end', () => reject(new Error(`ended without ${text}: ${output.slice(-500)}`)));
  await promise;
}

/** An unread named pipe, which is a blocking pipe like a shell's, not a socket. */
async function stuckPipe(t: TestContext): Promise<number> {
  const path = join(await temporaryFolder(t), 'pipe');
  execFileSync('mkfifo', [path]);
  const fd = openSync(path, 'r+');
  t.after(() => closeSync(fd));
  return fd;
}

const stuckOutputs: Readonly<Record<string, (t: TestContext) => Promise<number | 'pipe'>>> = {
  pipe: stuckPipe,
  socket: async () => 'pipe',
};

const busy = `
  const { getLogger } = require('@sonde/otel');
  const log = getLogger('app');
  const text = 'x'.repeat(1000);
  let turns = 0;
  let finish = () => console.log('still alive');
  const timer = setInterval(() => {
    for (let line = 0; line < 50; line++) log.info(text);
    if (++turns === 20) finish();
  }, 1);
`;

for (const [name, output] of Object.entries(stuckOutputs)) {
  const outputs = async (t: TestContext): Promise<StdioOptions> => ['ignore', 'pipe', await output(t)];

  test(`an unread ${name} blocks neither the application nor SIGTERM`, { timeout }, async (t) => {
    const child = await start(t, busy, await outputs(t));
    await printed(child.stdout, 'still alive');
    child.kill('SIGTERM');
    assert.deepEqual(await ended(child), [null, 'SIGTERM']);
  });

  test(`an unread ${name} delays neither process.exit() nor a crash`, { timeout }, async (t) => {
    const exit = `${busy} finish = () => { if (process.env.CRASH) throw new Error('crash'); process.exit(3); };`;
    const exited = await start(t, exit, await outputs(t));
    assert.deepEqual(await ended(exited), [3, null]);
    const crashed = await start(t, exit, await outputs(t), { CRASH: '1', SONDE_LOG_CONSOLE: 'json' });
    assert.deepEqual(await ended(crashed), [1, null]);
  });

  test(`an unread ${name} does not delay the end of the event loop`, { timeout }, async (t) => {
    const child = await start(t, `${busy} finish = () => clearInterval(timer);`, await outputs(t));
    assert.deepEqual(await ended(child), [0, null]);
  });

  test(`notices for an unread ${name} do not block the application`, { timeout }, async (t) => {
    const source = `
      const { stderr } = process;
      while (stderr.write('x'.repeat(65536))) {}
      require('@sonde/otel').start();
      setTimeout(() => process.exit(4), 100);`;
    const child = await start(t, source, await outputs(t));
    assert.deepEqual(await ended(child), [4, null]);
  });
}

test('an unread pipe, where the application has replaced process.stderr', { timeout }, async (t) => {
  // The pipe is still in blocking mode.
  const replace = `data:text/javascript,
    import { Writable } from 'node:stream';
    Object.defineProperty(process, 'stderr', { value: new Writable({ write: (chunk, encoding, done) => done() }) });`;
  const stdio: StdioOptions = ['ignore', 'pipe', await stuckPipe(t)];
  const child = await start(t, busy, stdio, {
    NODE_OPTIONS: `--import "${replace.replaceAll(/\s+/g, '%20')}"`,
  });
  await printed(child.stdout, 'still alive');
  child.kill('SIGTERM');
  assert.deepEqual(await ended(child), [null, 'SIGTERM']);
});

test('lines that a stuck reader misses are counted and reported in their place', { timeout }, async (t) => {
  const source = `
    const { getLogger } = require('@sonde/otel');
    const log = getLogger('app');
    const text = 'x'.repeat(1000);
    let line = 0;
    const timer = setInterval(() => {
      for (let count = 0; count < 1000; count++) log.info(text, { line: line++ });
      if (line < 20_000) return;
      clearInterval(timer);
      console.log('all logged');
    }, 1);
    process.once('SIGUSR2', () => {
      log.info('last');
      process.exit(0);
    });
    setInterval(() => {}, 1000);
  `;
  const child = await start(t, source);
  await printed(child.stdout, 'all logged');
  const done = ended(child);
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    if (stderr.slice(-2 * chunk.length).includes('sonde: dropped ')) child.kill('SIGUSR2');
  });
  await once(child.stderr as Readable, 'end');
  assert.deepEqual(await done, [0, null]);
  const lines = stderr.trimEnd().split('\n');
  const [, dropped] = /^sonde: dropped (\d+) lines for stderr: its reader is stuck;/m.exec(stderr) ?? [];
  const records = lines
    .filter((line) => !line.startsWith('sonde'))
    .map((line) => JSON.parse(line) as { line?: number; message: string });
  assert.equal(records.at(-1)?.message, 'last');
  assert.equal(records.length - 1 + Number(dropped), 20_000);
  assert.deepEqual(
    records.slice(0, -1).map(({ line }) => line),
    Array.from({ length: records.length - 1 }, (_, index) => index),
  );
});

const ordered = `
  const { getLogger } = require('@sonde/otel');
  const log = getLogger('app');
  let number = 0;
  const round = () => {
    log.info('#' + number++);
    console.error('#' + number++);
    log.info('#' + number++);
    log.info('#' + number++);
    process.stderr.write('#' + number++ + '\\n');
    if (process.env.BOTH) console.log('#' + number++);
  };
  for (let rounds = 0; rounds < 20; rounds++) round();
  setImmediate(() => { round(); log.info('#' + number++); process.exit(0); });
`;

function assertOrdered(text: string, count: number): void {
  const numbers = [...text.matchAll(/#(\d+)/g)].map(([, number]) => Number(number));
  assert.deepEqual(
    numbers,
    Array.from({ length: count }, (_, index) => index),
  );
}

test("records and the application's own lines stay in order: a pipe", { timeout }, async (t) => {
  const child = await start(t, ordered, undefined, { SONDE_LOG_CONSOLE: '%(message)s' });
  assertOrdered(await formatText(child.stderr), 21 * 5 + 1);
});

for (const both of [false, true]) {
  test(
    `records and the application's own lines stay in order: a file${both ? ' for both outputs' : ''}`,
    { timeout },
    async (t) => {
      const path = join(await temporaryFolder(t), 'log');
      const fd = openSync(path, 'a');
      t.after(() => closeSync(fd));
      const stdio: StdioOptions = ['ignore', both ? fd : 'ignore', fd];
      const env = { SONDE_LOG_CONSOLE: '%(message)s', ...(both ? { BOTH: '1' } : {}) };
      await ended(await start(t, ordered, stdio, env));
      assertOrdered(await readFile(path, 'utf8'), 21 * (both ? 6 : 5) + 1);
    },
  );
}

test('lines in a full pipe do not interleave', { timeout }, async (t) => {
  const source = `
    const { getLogger } = require('@sonde/otel');
    const log = getLogger('app');
    let number = 0;
    const rest = ' ' + 'x'.repeat(3000) + ' end';
    const timer = setInterval(() => {
      for (let count = 0; count < 40; count++) {
        log.info('#' + number++ + rest);
        console.error('#' + number++ + rest);
      }
      if (number >= 4000) { clearInterval(timer); console.log('all logged'); }
    }, 1);
  `;
  const child = await start(t, source, undefined, { SONDE_LOG_CONSOLE: '%(message)s' });
  await printed(child.stdout, 'all logged');
  const text = await formatText(child.stderr);
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('sonde'));
  assert.equal(lines.filter((line) => !/^#\d+ x{3000} end$/.test(line)).length, 0, 'broken lines');
  // Each of the two keeps its own order.
  const numbers = [...text.matchAll(/#(\d+)/g)].map(([, digits]) => Number(digits));
  for (const remainder of [0, 1]) {
    assert.deepEqual(
      numbers.filter((each) => each % 2 === remainder),
      Array.from({ length: 2000 }, (_, index) => 2 * index + remainder),
    );
  }
});

test('a closed or full output does not affect the application', { timeout }, async (t) => {
  const source = `
    const { getLogger } = require('@sonde/otel');
    if (process.env.CLOSE) require('node:fs').closeSync(2);
    for (let line = 0; line < 100; line++) getLogger('app').info('line');
    setImmediate(() => {
      getLogger('app').info('later');
      setTimeout(() => { process.exitCode = 5; }, 10);
    });`;
  const closed = await start(t, source, undefined, { CLOSE: '1' });
  assert.deepEqual(await ended(closed), [5, null]);
  const full = openSync('/dev/full', 'a');
  t.after(() => closeSync(full));
  assert.deepEqual(await ended(await start(t, source, ['ignore', 'ignore', full])), [5, null]);
});
