import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Operation } from './cost/program.ts';
import { type Server, Subject, type Unit } from './cost/subject.ts';

/** Upper bounds of the ratio lean to standard: above the measured values, below 1. */
const limits: Readonly<Record<Operation, Readonly<Record<Unit, number>>>> = {
  span: { bytes: 0.32, cpu: 0.7 },
  'log record': { bytes: 0.5, cpu: 0.7 },
  measurement: { bytes: 0.1, cpu: 0.5 },
};

/** The same of what telemetry adds to a request, in bytes, and of a whole request, in processor time. */
const requestLimits: Readonly<Record<Server, Readonly<Record<Unit, number>>>> = {
  router: { bytes: 0.36, cpu: 1 },
  'node:http': { bytes: 0.28, cpu: 0.9 },
};

const calls = 5000;
const requests = 500;

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

/** Measures in turns: what disturbs one round disturbs both programs. @returns the amounts of each by round */
async function inTurns<Amount>(
  subjects: readonly Subject[],
  rounds: number,
  measure: (subject: Subject) => Promise<Amount>,
): Promise<Amount[][]> {
  const amounts = subjects.map((): Amount[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, subject] of subjects.entries()) amounts[index]?.push(await measure(subject));
  }
  return amounts;
}

/**
 * Returns the ratio of processor time, lean to standard. Other load only adds to it, so the minimum of many rounds is used;
 * on a busy machine there are more rounds.
 */
async function cpuRatio(
  standard: Subject,
  lean: Subject,
  limit: number,
  measure: (subject: Subject) => Promise<number>,
): Promise<number> {
  const least = [Infinity, Infinity];
  let ratio = NaN;
  for (let tries = 0; tries < 6 && !(ratio <= limit); tries++) {
    const amounts = await inTurns([standard, lean], 12, measure);
    for (const [index, each] of amounts.entries()) least[index] = Math.min(least[index] ?? NaN, ...each);
    ratio = (least[1] ?? NaN) / (least[0] ?? NaN);
  }
  return ratio;
}

function assertAtMost(t: TestContext, what: string, measured: number, limit: number): void {
  t.diagnostic(`${what}: lean : standard is ${measured.toFixed(2)}, at most ${limit}`);
  assert.ok(measured <= limit, `${what}: lean : standard is ${measured.toFixed(2)}, more than ${limit}`);
}

test('the lean engine needs less memory and processor time than the standard engine', async (t) => {
  await using none = await Subject.start('none');
  await using standard = await Subject.start('standard');
  await using lean = await Subject.start('lean');
  const engines = [standard, lean];

  for (const [of, limit] of Object.entries(limits) as [Operation, Record<Unit, number>][]) {
    await t.test(of, async (sub) => {
      await inTurns(engines, 2, (subject) => subject.call(of, 'cpu', calls));
      const bytes = await inTurns(engines, 3, (subject) => subject.call(of, 'bytes', calls));
      const [standardBytes = NaN, leanBytes = NaN] = bytes.map(median);
      sub.diagnostic(`${of}: ${standardBytes.toFixed(0)} bytes on standard, ${leanBytes.toFixed(0)} on lean`);
      assertAtMost(sub, 'bytes', leanBytes / standardBytes, limit.bytes);
      const ratio = await cpuRatio(standard, lean, limit.cpu, (subject) => subject.call(of, 'cpu', calls));
      assertAtMost(sub, 'processor time', ratio, limit.cpu);
    });
  }

  for (const [server, limit] of Object.entries(requestLimits) as [Server, Record<Unit, number>][]) {
    await t.test(`a request of ${server}`, async (sub) => {
      const all = [none, ...engines];
      await inTurns(all, 3, (subject) => subject.request(server, 'cpu', requests));
      const bytes = await inTurns(all, 3, (subject) => subject.request(server, 'bytes', requests));
      const [bare = NaN, standardBytes = NaN, leanBytes = NaN] = bytes.map(median);
      const shown = [bare, standardBytes, leanBytes].map((each) => each.toFixed(0));
      sub.diagnostic(`bytes: ${shown[0]} bare, ${shown[1]} on standard, ${shown[2]} on lean`);
      assertAtMost(sub, 'bytes added', (leanBytes - bare) / (standardBytes - bare), limit.bytes);
      await inTurns(engines, 5, (subject) => subject.request(server, 'cpu', 2 * requests));
      const ratio = await cpuRatio(standard, lean, limit.cpu, (subject) =>
        subject.request(server, 'cpu', requests),
      );
      assertAtMost(sub, 'processor time', ratio, limit.cpu);
    });
  }
});
