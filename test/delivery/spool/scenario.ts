import type { SpooledRequest } from '../../../packages/exporters/src/otlp/queue/request-spool.ts';
import type { Spool } from '../../../packages/exporters/src/otlp/spool/spool.ts';
import { endpoint, numberedRequest, toNumber } from './requests.ts';

/** A step of the scenario that is complete, or a removal that begins. */
export type Step = 'stored' | 'failed' | 'removing' | 'removed';

/** The requests of an earlier process, which `scenario` finds in the directory. */
export const earlierNumbers: readonly number[] = [101, 102];

/** Overflows a small spool, so that it drops the oldest requests. */
export async function overflow(spool: Spool, report: (step: Step, number: number) => void): Promise<void> {
  for (let number = 1; number <= 24; number++) {
    const entry = await spool.append(numberedRequest(number));
    entry?.release();
    report(entry === undefined ? 'failed' : 'stored', number);
  }
  spool.closeSync();
}

/** Uses each function of a spool once, over several small segments. `report` receives each step at once. */
export async function scenario(spool: Spool, report: (step: Step, number: number) => void): Promise<void> {
  const append = async (number: number): Promise<SpooledRequest | undefined> => {
    const entry = await spool.append(numberedRequest(number));
    report(entry === undefined ? 'failed' : 'stored', number);
    return entry;
  };
  const remove = async (number: number, entry: SpooledRequest | undefined): Promise<void> => {
    report('removing', number);
    await entry?.ack();
    report('removed', number);
  };
  const first = await append(1);
  const group = await Promise.all([2, 3, 4, 5, 6].map(append));
  await remove(1, first);
  await remove(3, group[1]);
  group[2]?.release();
  // The requests of the earlier process, and one of this process that stays leased.
  for (let index = 0; index < 3; index++) {
    const leased = await spool.leaseOldest(new Set([endpoint]));
    if (leased !== undefined && index < 2) await remove(toNumber(leased), leased);
  }
  const late = await append(7);
  await append(8);
  await remove(7, late);
  report(spool.appendSync(numberedRequest(9)) ? 'stored' : 'failed', 9);
  spool.closeSync();
}
