import { arch, cpus, platform, release } from 'node:os';
import { median } from '../measure.ts';
import { type Column, columns } from './columns.ts';
import { Findings, type Quantity } from './findings.ts';
import { goals, verdict } from './goals.ts';
import type { Measured } from './group.ts';
import { idlePolling } from './idle.ts';
import type { Options } from './options.ts';
import { shown } from './ratio.ts';
import { type Row, rows } from './rows.ts';
import { type Group, sameHeap } from './schedule.ts';
import type { Verified } from './verify.ts';
import { connections } from './wrk.ts';

/** Results of a run. */
export interface Run {
  readonly options: Options;
  readonly measured: readonly { readonly group: Group; readonly programs: readonly Measured[] }[];
  /** Groups that the time limit excluded. */
  readonly left: readonly Group[];
  /** By column and name. */
  readonly verified: ReadonlyMap<string, Verified>;
  readonly minutes: number;
}

const main = columns.filter(({ name }) => name === 'discarded' || name === 'otlp');

const table = (head: readonly string[], body: readonly (readonly string[])[]): string[] => [
  `| ${head.join(' | ')} |`,
  `|${'---|'.repeat(head.length)}`,
  ...body.map((cells) => `| ${cells.join(' | ')} |`),
  '',
];

/** One cell per program and column; programs without results are omitted. */
function grid(of: readonly Column[], cellOf: (row: Row, column: Column) => string): string[] {
  const body = rows
    .map((row) => [row.name].concat(of.map((column) => cellOf(row, column))))
    .filter(([, ...cells]) => cells.some((cell) => cell !== ''));
  return body.length === 0
    ? ['Not measured in this run.', '']
    : table(['program', ...of.map(({ title }) => title)], body);
}

function compared(
  findings: Findings,
  of: readonly Column[],
  quantity: Quantity,
  hasSameHeap = true,
): string[] {
  return grid(of, (row, { name }) => {
    const own = findings.programs(row.stack, name, hasSameHeap).find((one) => one.row === row);
    const base = findings.one(row.stack, name, 'bare', hasSameHeap);
    if (own === undefined || base === undefined) return '';
    const slices = quantity === 'pacedCpu' ? own.paced : own.full;
    const part = quantity === 'throughput' ? 'perSecond' : 'cpuMicros';
    const amount = median(slices.map((slice) => slice[part]));
    const ratio = own === base ? '' : `${shown(findings.ratio(own, base, quantity))} `;
    const unit = quantity === 'throughput' ? '/s' : ' µs';
    return slices.length === 0 ? '' : `${ratio}(${amount.toFixed(0)}${unit})`;
  });
}

const number = (value: number | undefined): string => value?.toFixed(2) ?? '';

function limits(findings: Findings): string[] {
  const body = goals(findings).map((goal) => {
    const bound = goal.isBound === true ? 'at most ' : '';
    const floor = goal.floor === undefined ? '' : `${bound}${number(goal.floor)}`;
    return [goal.what, floor, number(goal.goal), number(goal.measured), verdict(goal)];
  });
  return table(['lean engine', 'floor', 'goal', 'measured', ''], body);
}

function left({ left: groups, verified }: Run): string[] {
  const wrong = [...verified].filter(([, { faults }]) => faults.length > 0);
  return [
    ...wrong.map(
      ([key, { faults }]) =>
        `Left out, since it does not export what it should: ${key} (${faults.join('; ')}).`,
    ),
    ...(groups.length === 0
      ? []
      : [
          `Not measured, for want of time or since a program failed: ${groups.map(({ stack, column }) => `${stack} ${column.title}`).join(', ')}.`,
        ]),
    '',
  ];
}

const percent = (part: number | undefined): string =>
  part === undefined ? '' : `${(part * 100).toFixed(part > 0.9995 ? 0 : 1)} %`;

function atFixedRate(findings: Findings, { perSecond }: Options): string[] {
  if (perSecond === 0) return [];
  return [
    `## Processor time per request at ${perSecond} requests per second`,
    '',
    'Less is better. A server that is slower pays more for each write to a socket when it is saturated; not here.',
    '',
    ...compared(findings, main, 'pacedCpu'),
  ];
}

/** Renders the results. */
export function page(run: Run): string {
  const { options, measured, verified } = run;
  const findings = new Findings(measured);
  const own = (row: Row, { name }: Column): Measured | undefined =>
    findings.programs(row.stack, name).find((one) => one.row === row);
  return [
    '# What telemetry costs a server',
    '',
    `Node ${process.versions.node} on ${cpus()[0]?.model.trim()}, ${platform()} ${release()} ${arch()}. wrk, ${connections} connections, ${options.rounds} rounds of ${options.sliceSeconds} s, four times and in new processes each time for the floors of the router and of node:http;`,
    `${run.minutes.toFixed(0)} minutes in all. Ratios are to the same server bare in the same round: median [quartiles] (median amount). The`,
    `control is the bare server twice: differences as large as its own mean nothing.${idlePolling()}`,
    '',
    ...left(run),
    '## Floors and goals',
    '',
    ...limits(findings),
    '## Throughput',
    '',
    `More is better. The same young generation for all (\`${sameHeap.join(' ')}\`).`,
    '',
    ...compared(findings, columns, 'throughput'),
    '## Processor time per request at saturation',
    '',
    'Less is better.',
    '',
    ...compared(findings, columns, 'cpu'),
    ...atFixedRate(findings, options),
    '## Throughput with the young generation that Node chooses',
    '',
    'A program with a larger heap is given a larger young generation, and collects less often.',
    '',
    ...compared(findings, main, 'throughput', false),
    '## Processor time with the young generation that Node chooses',
    '',
    ...compared(findings, main, 'cpu', false),
    '## Memory after as many requests',
    '',
    'Resident megabytes, with the young generation of the first tables, when every program with telemetry has answered as many',
    'requests as the one that had answered most: memory grows with them.',
    '',
    ...grid(main, (row, column) => {
      const bytes = own(row, column)?.residentBytes;
      return bytes === undefined ? '' : (bytes / 1e6).toFixed(0);
    }),
    '## What arrived',
    '',
    'The part of the spans or of the log records, whichever is less, that was not lost in a full queue under that load. It is',
    'a little more than all where wrk left requests behind at the end of a slice: they are answered, and not counted.',
    '',
    ...grid(main, (row, column) => percent(own(row, column)?.delivered)),
    '## What each program exports',
    '',
    'Of 1,000 requests, looked at before anything is measured: spans, server spans with a route, log records in a trace.',
    '',
    ...grid(columns, (row, { name }) => {
      const exported = verified.get(`${name}: ${row.name}`)?.exported;
      return exported === undefined ? '' : `${exported.spans}, ${exported.routed}, ${exported.correlated}`;
    }),
  ].join('\n');
}
