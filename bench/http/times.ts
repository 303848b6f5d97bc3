import { inSequence } from '../measure.ts';
import type { Column } from './columns.ts';
import { type Measured, measureGroup, type Plan } from './group.ts';
import type { Row } from './rows.ts';

/** Measures a group repeatedly in new processes; memory and the fixed rate only in the last repetition. */
export async function measureTimes(
  times: number,
  rows: readonly Row[],
  column: Column,
  plan: Plan,
): Promise<Measured[]> {
  const runs = await inSequence(times, (index) =>
    measureGroup(rows, column, index === times - 1 ? plan : { ...plan, pacedRounds: 0, isLevelled: false }),
  );
  return (runs.at(-1) ?? []).map((last, index) =>
    joined(
      runs.flatMap((run) => run[index] ?? []),
      last,
    ),
  );
}

/** Merges all slices, with the lowest delivered fraction. */
function joined(measured: readonly Measured[], last: Measured): Measured {
  const delivered = measured.flatMap((one) => one.delivered ?? []);
  return {
    ...last,
    full: measured.flatMap(({ full }) => full),
    delivered: delivered.length > 0 ? Math.min(...delivered) : undefined,
  };
}
