import { parseArgs } from 'node:util';
import { type Column, columns } from './columns.ts';
import { type Row, type Stack, stacks } from './rows.ts';

/** Options of the benchmark. */
export interface Options {
  readonly rounds: number;
  readonly sliceSeconds: number;
  readonly warmUpSeconds: number;
  /** Requests per second of the fixed rate. */
  readonly perSecond: number;
  /** Time limit; groups that would exceed it are skipped. */
  readonly minutes: number;
  readonly stacks: readonly Stack[];
  readonly columns: readonly Column[];
  readonly isWanted: (row: Row) => boolean;
  /** Whether Node.js's default young generation is measured in addition to the fixed one. */
  readonly hasDefaultHeap: boolean;
}

/** Parts that a quick run omits. */
const slow: ReadonlySet<Row['part']> = new Set(['peer', 'with', 'standard']);

/** Usage of the command. */
export const usage: string = `usage: npm run bench -- http [options]
  --quick             router and node:http, discarded and OTLP, 3 rounds, no fixed rate
  --rounds N          slices per program, at least 1 (default 5); four times as many, in new processes, for the
                      router and node:http
  --slice S           duration of a slice in whole seconds (default 1)
  --rate N            fixed rate in requests per second (default 1500; 0 disables it)
  --minutes M         time limit of the run (default 60)
  --stacks a,b        any of ${stacks.join(', ')}
  --columns a,b       any of ${columns.map(({ name }) => name).join(', ')}
  --rows text         only programs whose names contain the text, and the bare ones
  --no-default-heap   skip the default young generation of Node.js
  --help              show this help`;

/** Parses the command line. @throws with the usage if it is invalid */
function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowNegative: true,
      options: {
        quick: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        slice: { type: 'string', default: '1' },
        rate: { type: 'string' },
        minutes: { type: 'string', default: '60' },
        stacks: { type: 'string' },
        columns: { type: 'string' },
        rows: { type: 'string', default: '' },
        'default-heap': { type: 'boolean', default: true },
      },
    }).values;
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${usage}`, { cause: error });
  }
}

function number(text: string, least: number): number {
  const value = Number(text);
  if (!(value >= least)) throw new Error(`expected a number from ${least}, got ${text}\n${usage}`);
  return value;
}

/** Selects items of a list by name, in list order; all if no names are given. */
function chosen<One>(
  text: string | undefined,
  all: readonly One[],
  packageName: (one: One) => string,
): One[] {
  const names = text?.split(',') ?? all.map(packageName);
  const unknown = names.find((name) => !all.some((one) => packageName(one) === name));
  if (unknown !== undefined) throw new Error(`unknown value ${unknown}\n${usage}`);
  return all.filter((one) => names.includes(packageName(one)));
}

const isBase = ({ part }: Row): boolean => part === 'bare' || part === 'control';

/** Parses and validates the command line. @throws with the usage if it is invalid */
export function parseOptions(args: readonly string[]): Options {
  const values = parsed(args);
  const isQuick = values.quick;
  return {
    rounds: number(values.rounds ?? (isQuick ? '3' : '5'), 1),
    sliceSeconds: Math.ceil(number(values.slice, 1)),
    warmUpSeconds: 3,
    perSecond: number(values.rate ?? (isQuick ? '0' : '1500'), 0),
    minutes: number(values.minutes, 0),
    stacks: chosen(values.stacks ?? (isQuick ? 'router,node:http' : undefined), stacks, (name) => name),
    columns: chosen(values.columns ?? (isQuick ? 'discarded,otlp' : undefined), columns, ({ name }) => name),
    isWanted: (row) => isBase(row) || (row.name.includes(values.rows) && !(isQuick && slow.has(row.part))),
    hasDefaultHeap: values['default-heap'] && !isQuick,
  };
}
