import type { Column } from './columns.ts';
import type { Findings } from './findings.ts';
import type { Stack } from './rows.ts';

/** A goal and its measured value. */
export interface Goal {
  readonly what: string;
  readonly floor: number | undefined;
  readonly goal: number | undefined;
  readonly measured: number | undefined;
  /** Lower is better. */
  readonly isBound?: boolean;
}

const titles = { discarded: 'discarded', otlp: 'OTLP', 'one-percent': 'discarded, 1 % sampled' } as const;

/** Floors and goals of the lean engine with measured values. */
export function goals(findings: Findings): Goal[] {
  const kept = (column: Column['name']): number | undefined => {
    const lean = findings.one('router', column, 'lean');
    return findings.ratio(lean, findings.one('router', column, 'bare'), 'throughput')?.middle;
  };
  const against = (
    stack: Stack,
    column: Column['name'],
    part: 'official' | 'classic',
  ): number | undefined => {
    const lean = findings.one(stack, column, 'lean');
    return findings.ratio(lean, findings.one(stack, column, part), 'throughput')?.middle;
  };
  const memory = (column: Column['name']): number | undefined => {
    const [lean, official] = (['lean', 'official'] as const).map((part) =>
      findings.one('node:http', column, part),
    );
    if (lean === undefined || official === undefined) return undefined;
    return lean.residentBytes / official.residentBytes;
  };
  const limits = { discarded: [0.75, 0.85], otlp: [0.6, 0.7], 'one-percent': [0.9, 0.95] } as const;
  const columns = ['discarded', 'otlp'] as const;
  return [
    ...(Object.keys(limits) as (keyof typeof limits)[]).map((column) => ({
      what: `Sonde’s router keeps of its throughput, ${titles[column]}`,
      floor: limits[column][0],
      goal: limits[column][1],
      measured: kept(column),
    })),
    ...columns.map((column) => ({
      what: `node:http: times the throughput of the official stack, ${titles[column]}`,
      floor: 2.5,
      goal: undefined,
      measured: against('node:http', column, 'official'),
    })),
    ...(['fastify', 'hono', 'express'] as const).flatMap((stack) =>
      columns.map((column) => ({
        what: `${stack}: times the throughput of its official stack, ${titles[column]}`,
        floor: 2,
        goal: undefined,
        measured: against(stack, column, 'official'),
      })),
    ),
    ...columns.map((column) => ({
      what: `node:http: times the throughput with prom-client + pino, ${titles[column]}`,
      floor: column === 'discarded' ? 1 : undefined,
      goal: column === 'otlp' ? 1 : undefined,
      measured: against('node:http', column, 'classic'),
    })),
    ...columns.map((column) => ({
      what: `node:http: memory after as many requests, part of the official stack’s, ${titles[column]}`,
      floor: 1,
      goal: undefined,
      measured: memory(column),
      isBound: true,
    })),
  ];
}

/** Outcome of a goal in a few words. */
export function verdict({ floor, goal, measured, isBound = false }: Goal): string {
  if (measured === undefined) return 'not measured';
  const reaches = (limit: number | undefined): boolean =>
    limit !== undefined && (isBound ? measured <= limit : measured >= limit);
  if (reaches(goal)) return 'goal reached';
  if (floor === undefined) return 'goal missed';
  return reaches(floor) ? 'floor held' : '**below the floor**';
}
