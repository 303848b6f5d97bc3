import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFullSize } from '../support/full-size.ts';
import { Spool } from '../../packages/exporters/src/otlp/spool/spool.ts';
import { Program } from '../support/program.ts';
import { Random } from '../support/random.ts';
import { drain } from './spool/requests.ts';

const timeout = isFullSize ? 1_800_000 : 120_000;
const processes = 4;
const lives = isFullSize ? 40 : 3;
const requestsPerLife = 60;

test(
  'processes that share a directory and are killed deliver each request, and repeat at most one per kill',
  { timeout },
  async (t) => {
    const parent = await mkdtemp(join(tmpdir(), 'sonde-spool-'));
    t.after(() => rm(parent, { recursive: true, force: true }));
    const directory = join(parent, 'spool');
    const random = new Random(7);
    const program = join(import.meta.dirname, 'spool', 'sharing-program.ts');
    const outputs: string[] = [];
    let nextNumber = 0;
    let kills = 0;

    /** Runs one process after the other; most are killed after a number of lines. */
    const runLives = async (): Promise<void> => {
      for (let life = 0; life < lives; life++) {
        const first = nextNumber;
        nextNumber += requestsPerLife;
        const args = [
          '--conditions=@sonde/source',
          program,
          directory,
          String(first),
          String(requestsPerLife),
        ];
        await using child = new Program(process.execPath, args, {
          cwd: import.meta.dirname,
          env: { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(parent, 'cache') },
        });
        if (!random.once(4)) {
          await child.printed(`stored ${first + random.below(requestsPerLife / 3) * 3}\n`);
          child.kill('SIGKILL');
          kills++;
        }
        await child.ended;
        assert.equal(child.stderr, '');
        outputs.push(child.stdout);
      }
    };
    await Promise.all(Array.from({ length: processes }, runLives));

    const lines = outputs.join('');
    assert.doesNotMatch(lines, /notice/);
    const numbers = (step: string): number[] =>
      [...lines.matchAll(new RegExp(`^${step} (\\d+)$`, 'gm'))].map(([, number]) => Number(number));
    const spool = new Spool({ directory, onNotice: ({ message }) => assert.fail(message) });
    const left = await drain(spool);
    await spool.close();
    const delivered = [...numbers('delivered'), ...left];
    const distinct = new Set(delivered);
    const lost = numbers('stored').filter((number) => !distinct.has(number));
    assert.deepEqual(lost, [], 'lost');
    const repeated = delivered.length - distinct.size;
    assert.ok(repeated <= kills, `${repeated} repeated after ${kills} kills`);
    t.diagnostic(
      `${distinct.size} requests, ${kills} kills, ${repeated} repeated, ${left.length} left at the end`,
    );
    assert.deepEqual(await readdir(directory), []);
  },
);
