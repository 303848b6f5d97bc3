import type { Column } from './columns.ts';
import type { Measured, Slice } from './group.ts';
import { type Ratio, computeRatio } from './ratio.ts';
import type { Row, Stack } from './rows.ts';
import type { Group } from './schedule.ts';

/** Compared quantities of a program. */
export type Quantity = 'throughput' | 'cpu' | 'pacedCpu';

const quantities = {
  throughput: { slices: 'full', of: 'perSecond' },
  cpu: { slices: 'full', of: 'cpuMicros' },
  pacedCpu: { slices: 'paced', of: 'cpuMicros' },
} as const satisfies Record<Quantity, { slices: 'full' | 'paced'; of: keyof Slice }>;

/** Lookup of all measurements. */
export class Findings {
  readonly #groups: readonly { readonly group: Group; readonly programs: readonly Measured[] }[];

  constructor(groups: readonly { readonly group: Group; readonly programs: readonly Measured[] }[]) {
    this.#groups = groups;
  }

  /** Programs of a group; empty if the group was not measured. */
  programs(stack: Stack, column: Column['name'], hasSameHeap = true): readonly Measured[] {
    const found = this.#groups.find(
      ({ group }) =>
        group.stack === stack && group.column.name === column && group.hasSameHeap === hasSameHeap,
    );
    return found?.programs ?? [];
  }

  /** Program of a group by its role. */
  one(stack: Stack, column: Column['name'], part: Row['part'], hasSameHeap = true): Measured | undefined {
    return this.programs(stack, column, hasSameHeap).find(({ row }) => row.part === part);
  }

  /** The ratio of a program to another one of its group. */
  ratio(own: Measured | undefined, base: Measured | undefined, quantity: Quantity): Ratio | undefined {
    if (own === undefined || base === undefined) return undefined;
    const { slices, of } = quantities[quantity];
    return computeRatio(own[slices], base[slices], of);
  }
}
