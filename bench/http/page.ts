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
    'Lower is better. At saturation, a slower server pays more for each write to a socket; at a fixed rate it does not.',
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
    '# Overhead of telemetry in servers',
    '',
    `Node ${process.versions.node} on ${cpus()[0]?.model.trim()}, ${platform()} ${release()} ${arch()}. wrk, ${connections} connections, ${options.rounds} rounds of ${options.sliceSeconds} s, repeated four times with new processes for the lower limits of the router and of node:http;`,
    `${run.minutes.toFixed(0)} minutes in all. Ratios are relative to the same server without telemetry in the same round: median [quartiles] (median value). The`,
    `control is the bare server, measured twice: differences of that size are not significant.${idlePolling()}`,
    '',
    ...left(run),
    '## Floors and goals',
    '',
    ...limits(findings),
    '## Throughput',
    '',
    `Higher is better. All programs have the same young generation (\`${sameHeap.join(' ')}\`).`,
    '',
    ...compared(findings, columns, 'throughput'),
    '## Processor time per request at saturation',
    '',
    'Lower is better.',
    '',
    ...compared(findings, columns, 'cpu'),
    ...atFixedRate(findings, options),
    '## Throughput with the young generation that Node chooses',
    '',
    'V8 uses a larger young generation for a program with a larger heap, which then has fewer collections.',
    '',
    ...compared(findings, main, 'throughput', false),
    '## Processor time with the young generation that Node chooses',
    '',
    ...compared(findings, main, 'cpu', false),
    '## Memory after as many requests',
    '',
    'Resident megabytes with the young generation of the first tables, after every program with telemetry has served as many',
    'requests as the one that served most, because memory grows with the number of requests.',
    '',
    ...grid(main, (row, column) => {
      const bytes = own(row, column)?.residentBytes;
      return bytes === undefined ? '' : (bytes / 1e6).toFixed(0);
    }),
    '## Delivered telemetry',
    '',
    'The share of the spans or of the log records, whichever is smaller, that was not dropped by a full queue under load. It is',
    'slightly above 100 % if wrk ends a slice with requests in flight, which are answered but not counted.',
    '',
    ...grid(main, (row, column) => percent(own(row, column)?.delivered)),
    '## Exported telemetry of each program',
    '',
    'For 1,000 requests before the measurement: spans, server spans with a route, log records with trace context.',
    '',
    ...grid(columns, (row, { name }) => {
      const exported = verified.get(`${name}: ${row.name}`)?.exported;
      return exported === undefined ? '' : `${exported.spans}, ${exported.routed}, ${exported.correlated}`;
    }),
  ].join('\n');
}
