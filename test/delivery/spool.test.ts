import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { isFullSize } from '../support/full-size.ts';
import { OtlpSink, type Received } from '../support/otlp-sink.ts';
import { Program } from '../support/program.ts';
import { Random } from '../support/random.ts';

const timeout = isFullSize ? 1_800_000 : 150_000;
const killsWhileDown = isFullSize ? 200 : 6;
const killsWhileUp = isFullSize ? 50 : 2;
const numbersPerLife = 120;

interface Setting {
  readonly directory: string;
  readonly port: number;
}

async function temporaryDirectory(t: TestContext): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'sonde-spool-'));
  t.after(() => rm(parent, { recursive: true, force: true }));
  return join(parent, 'spool');
}

/** Starts a program, which records `count` numbers. */
function startLife(
  { directory, port }: Setting,
  first: number,
  count: number,
  name = 'killed-program.ts',
  ending = '',
): Program {
  const program = join(import.meta.dirname, 'spool', name);
  return new Program(
    process.execPath,
    ['--conditions=@sonde/source', program, String(first), String(count), ending],
    {
      cwd: import.meta.dirname,
      env: {
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(directory, '..', 'cache'),
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
        SONDE_OTLP_SPOOL_DIR: directory,
      },
    },
  );
}

/** The last number before a flush that ended. */
function lastFlushed(program: Program): number {
  const numbers = [...program.stdout.matchAll(/^flushed (\d+)$/gm)].map(([, number]) => Number(number));
  return numbers.at(-1) ?? -1;
}

/** Runs lives one after the other, and kills each at a random moment. Returns the numbers that must be delivered. */
async function runLives(setting: Setting, random: Random, kills: number): Promise<number[]> {
  const flushed: number[] = [];
  for (let life = 0; life < kills; life++) {
    const first = life * numbersPerLife;
    await using program = startLife(setting, first, numbersPerLife);
    const until = first + 3 + 4 * random.below(numbersPerLife / 4);
    await program.printed(`flushed ${until}\n`);
    program.kill('SIGKILL');
    await program.ended;
    for (let number = first; number <= lastFlushed(program); number++) flushed.push(number);
  }
  return flushed;
}

const listNumbers = (received: readonly Received[]): number[] =>
  received.map(({ attributes }) => attributes['seq'] as number);

/** Starts a last life, and waits until everything is delivered. */
async function recover(setting: Setting, sink: OtlpSink, flushed: readonly number[]): Promise<void> {
  await using program = startLife(setting, 0, 0);
  await sink.until(
    ({ spans, logs }) =>
      [spans, logs].every((items) => {
        const numbers = new Set(listNumbers(items));
        return flushed.every((number) => numbers.has(number));
      }) || undefined,
  );
  program.kill('SIGTERM');
  await program.ended;
  assert.doesNotMatch(program.stderr, /SONDE_|not exported/);
}

function countRepeated(received: readonly Received[]): number {
  return received.length - new Set(listNumbers(received)).size;
}

// Each test has its own directory and receiver, and its programs wait most of the time.
suite('a spool and the end of its process', { concurrency: 3 }, () => {
  test(
    'during an outage, SIGKILL at any moment loses and repeats nothing that was flushed',
    { timeout },
    async (t) => {
      const setting = { directory: await temporaryDirectory(t), port: await freePort() };
      const flushed = await runLives(setting, new Random(1), killsWhileDown);
      await using sink = await OtlpSink.start(setting.port);
      await recover(setting, sink, flushed);
      assert.deepEqual([countRepeated(sink.spans), countRepeated(sink.logs)], [0, 0]);
      t.diagnostic(`${flushed.length} spans and records, ${killsWhileDown} kills`);
      assert.deepEqual(await readdir(setting.directory), []);
    },
  );

  test(
    'while the receiver answers slowly, SIGKILL repeats at most one request of a signal',
    { timeout },
    async (t) => {
      const setting = { directory: await temporaryDirectory(t), port: await freePort() };
      await using sink = await OtlpSink.start(setting.port, { answerAfterMs: 3 });
      const flushed = await runLives(setting, new Random(2), killsWhileUp);
      await recover(setting, sink, flushed);
      for (const [name, items] of Object.entries({ spans: sink.spans, logs: sink.logs })) {
        const repeated = countRepeated(items);
        assert.ok(repeated <= 4 * killsWhileUp, `${repeated} of the ${name} repeated`);
        t.diagnostic(`${items.length} ${name}, ${repeated} repeated`);
      }
    },
  );

  for (const ending of ['an empty event loop', 'SIGTERM', 'process.exit()', 'a crash']) {
    test(`during an outage, ${ending} loses and repeats nothing`, { timeout }, async (t) => {
      const setting = { directory: await temporaryDirectory(t), port: await freePort() };
      await using program = startLife(setting, 0, 1500, 'ending-program.ts', ending);
      await program.ended;
      assert.doesNotMatch(program.stderr, /not exported/);
      await using sink = await OtlpSink.start(setting.port);
      const numbers = Array.from({ length: 1500 }, (_, number) => number);
      await recover(setting, sink, numbers);
      assert.deepEqual([countRepeated(sink.spans), countRepeated(sink.logs)], [0, 0]);
    });
  }
});
