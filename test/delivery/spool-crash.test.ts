import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { SpoolFileSystem } from '../../packages/exporters/src/otlp/spool/file-system.ts';
import { isFullSize } from '../support/full-size.ts';
import { Spool } from '../../packages/exporters/src/otlp/spool/spool.ts';
import { Random } from '../support/random.ts';
import type { Moment } from './spool/faults.ts';
import { PowerCutDisk } from './spool/power-cut.ts';
import { drain, numberedRequest } from './spool/requests.ts';
import { earlierNumbers, scenario, type Step } from './spool/scenario.ts';

const timeout = 300_000;
/** The long run kills at each moment of each call, and cuts the power more often. */
const moments: readonly Moment[] = ['before', 'middle', 'after'];
const cutsPerChange = isFullSize ? 200 : 8;

interface Steps {
  readonly stored: readonly number[];
  /** The requests whose removal began, and those whose removal ended. */
  readonly removing: readonly number[];
  readonly removed: readonly number[];
}

async function temporaryDirectory(t: TestContext): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'sonde-spool-'));
  t.after(() => rm(parent, { recursive: true, force: true }));
  return join(parent, 'spool');
}

function openSpool(directory: string, files?: SpoolFileSystem): Spool {
  return new Spool({ directory, segmentBytes: 500, onNotice: () => {}, ...(files && { files }) });
}

async function actAsEarlierProcess(spool: Spool): Promise<void> {
  for (const number of earlierNumbers) await spool.append(numberedRequest(number));
  await spool.close();
}

/** Delivers what is left, and compares it with the steps before the end. */
async function checkRecovery(directory: string, steps: Steps, where: string): Promise<readonly number[]> {
  const spool = openSpool(directory);
  const delivered = await drain(spool);
  await spool.close();
  assert.equal(new Set(delivered).size, delivered.length, `${where}: each once, but ${delivered.join()}`);
  for (const number of [...earlierNumbers, ...steps.stored]) {
    assert.ok(
      delivered.includes(number) || steps.removing.includes(number),
      `${where}: request ${number} is lost`,
    );
  }
  const left = (await readdir(directory)).filter((name) => !name.endsWith('.damaged'));
  assert.deepEqual(left, [], `${where}: files without a use`);
  return delivered;
}

function numbers(output: string, step: Step | 'calls'): number[] {
  return [...output.matchAll(new RegExp(`^${step} (\\d+)$`, 'gm'))].map(([, number]) => Number(number));
}

/** Runs the scenario in a process until it is killed. */
function runUntilKilled(
  directory: string,
  at: number,
  moment: Moment,
  maxBytes = '',
): Steps & { readonly calls: number } {
  const program = join(import.meta.dirname, 'spool', 'crash-program.ts');
  const { stdout, stderr, signal } = spawnSync(
    process.execPath,
    ['--conditions=@sonde/source', program, directory, String(at), moment, maxBytes],
    { encoding: 'utf8', env: { NODE_COMPILE_CACHE: join(directory, '..', '..', 'cache'), ...process.env } },
  );
  const calls = numbers(stdout, 'calls')[0] ?? 0;
  assert.ok(signal === 'SIGKILL' || calls > 0, stdout + stderr);
  assert.doesNotMatch(stdout, /notice (?!SONDE_OTLP_SPOOL_(DAMAGED|FULL))|failed/);
  const [stored = [], removing = [], removed = []] = (['stored', 'removing', 'removed'] as const).map(
    (step) => numbers(stdout, step),
  );
  return { stored, removing, removed, calls };
}

test(
  'SIGKILL at any write, flush, rename or removal loses nothing that was stored and repeats nothing that was removed',
  { timeout: isFullSize ? 1_800_000 : timeout },
  async (t) => {
    const root = await temporaryDirectory(t);
    const fresh = async (name: string): Promise<string> => {
      const directory = join(root, name, 'spool');
      await mkdir(join(root, name), { recursive: true });
      await actAsEarlierProcess(openSpool(directory));
      const [earlier = ''] = await readdir(directory);
      // Older than all others.
      await writeFile(join(directory, `0aaaaaaaa${earlier.slice(9)}`), 'damaged', { mode: 0o600 });
      return directory;
    };
    const { calls } = runUntilKilled(await fresh('whole'), 0, 'before');
    assert.ok(calls > 30, `the scenario has ${calls} calls`);
    for (let at = 1; at <= calls; at++) {
      for (const moment of isFullSize ? moments : [moments[at % 3] ?? 'before']) {
        const where = `${moment} call ${at}`;
        const directory = await fresh(where);
        const steps = runUntilKilled(directory, at, moment);
        const delivered = await checkRecovery(directory, steps, where);
        const again = steps.removed.filter((number) => delivered.includes(number));
        assert.deepEqual(again, [], `${where}: delivered again`);
      }
    }
  },
);

test(
  'SIGKILL while the oldest requests are dropped for lack of space loses no younger one',
  { timeout: isFullSize ? 1_800_000 : timeout },
  async (t) => {
    const root = await temporaryDirectory(t);
    const fresh = async (name: string): Promise<string> => {
      await mkdir(join(root, name), { recursive: true });
      return join(root, name, 'spool');
    };
    const maxBytes = 2500;
    const { calls } = runUntilKilled(await fresh('whole'), 0, 'before', String(maxBytes));
    assert.ok(calls > 80, `the scenario has ${calls} calls`);
    for (let at = isFullSize ? 1 : 9; at <= calls; at += isFullSize ? 1 : 11) {
      const moment = moments[at % 3] ?? 'before';
      const directory = await fresh(`${moment} call ${at}`);
      const { stored } = runUntilKilled(directory, at, moment, String(maxBytes));
      const spool = openSpool(directory);
      const delivered = await drain(spool);
      await spool.close();
      const [oldest = 1] = delivered;
      assert.deepEqual(
        delivered,
        Array.from({ length: delivered.length }, (_, index) => oldest + index),
        `${moment} call ${at}: in order, without a gap`,
      );
      const youngest = stored.at(-1) ?? 0;
      assert.ok(youngest === 0 || delivered.includes(youngest), `${moment} call ${at}: ${youngest} is lost`);
      assert.ok(youngest < 12 || delivered.length >= 6, `${moment} call ${at}: ${delivered.join()}`);
    }
  },
);

test('a power cut at any change loses nothing that was stored', { timeout }, async (t) => {
  const root = await temporaryDirectory(t);
  await mkdir(root, { mode: 0o700 });
  const directory = join(root, 'spool');
  const random = new Random(20_261_130);
  const steps: { step: Step; number: number }[] = [];
  const cuts: { files: ReadonlyMap<string, Buffer>; stepCount: number }[] = [];
  let isRecording = false;
  const disk = new PowerCutDisk(directory, () => {
    if (!isRecording) return;
    for (let index = 0; index < cutsPerChange; index++) {
      cuts.push({ files: disk.cut(random), stepCount: steps.length });
    }
  });
  await actAsEarlierProcess(openSpool(directory, disk.files));
  isRecording = true;
  await scenario(openSpool(directory, disk.files), (step, number) => steps.push({ step, number }));
  assert.ok(!steps.some(({ step }) => step === 'failed'));
  assert.ok(cuts.length > 30 * cutsPerChange, `${cuts.length} cuts`);

  for (const [index, { files, stepCount }] of cuts.entries()) {
    const image = join(root, `cut-${index}`);
    await mkdir(image, { mode: 0o700 });
    for (const [name, content] of files) {
      // Without its sign of life, this process is taken for one that has ended.
      if (!name.endsWith('.alive')) await writeFile(join(image, name), content, { mode: 0o600 });
    }
    const before = (wanted: Step): number[] =>
      steps.slice(0, stepCount).flatMap(({ step, number }) => (step === wanted ? [number] : []));
    const done = { stored: before('stored'), removing: before('removing'), removed: before('removed') };
    await checkRecovery(image, done, `cut ${index} after ${stepCount} steps`);
    await rm(image, { recursive: true });
  }
});
