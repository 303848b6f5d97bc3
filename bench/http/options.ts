import { parseArgs } from 'node:util';
import { type Column, columns } from './columns.ts';
import { type Row, type Stack, stacks } from './rows.ts';

/** What is measured, and for how long. */
export interface Options {
  readonly rounds: number;
  readonly sliceSeconds: number;
  readonly warmUpSeconds: number;
  /** Requests per second of the fixed rate. */
  readonly perSecond: number;
  /** No group begins when it would not end by then. */
  readonly minutes: number;
  readonly stacks: readonly Stack[];
  readonly columns: readonly Column[];
  readonly isWanted: (row: Row) => boolean;
  /** Node's own young generation is measured beside the fixed one. */
  readonly hasDefaultHeap: boolean;
}

/** What is not in a quick run. */
const slow: ReadonlySet<Row['part']> = new Set(['peer', 'with', 'standard']);

/** What the command line can say. */
export const usage: string = `usage: npm run bench -- http [options]
  --quick             router and node:http, discarded and OTLP, 3 rounds, no fixed rate
  --rounds N          slices of each program, at least 1 (default 5); four times as many, in new processes, for the
                      floors of the router and of node:http
  --slice S           whole seconds of a slice (default 1)
  --rate N            requests per second of the fixed rate (default 1500; 0 for none)
  --minutes M         bound of the whole run (default 60)
  --stacks a,b        of ${stacks.join(', ')}
  --columns a,b       of ${columns.map(({ name }) => name).join(', ')}
  --rows text         only programs whose names hold the text, and the bare ones
  --no-default-heap   leaves out Node's own young generation
  --help              shows this`;

/** What the command line says. @throws with the usage when it is wrong */
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
  if (!(value >= least)) throw new Error(`${text} is no number from ${least}\n${usage}`);
  return value;
}

/** Those of a list that are named, in the list's order; all when none is. */
function chosen<One>(text: string | undefined, all: readonly One[], nameOf: (one: One) => string): One[] {
  const names = text?.split(',') ?? all.map(nameOf);
  const unknown = names.find((name) => !all.some((one) => nameOf(one) === name));
  if (unknown !== undefined) throw new Error(`${unknown} is unknown\n${usage}`);
  return all.filter((one) => names.includes(nameOf(one)));
}

const isBase = ({ part }: Row): boolean => part === 'bare' || part === 'control';

/** Reads the command line. @throws with the usage when it is wrong */
export function optionsOf(args: readonly string[]): Options {
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
