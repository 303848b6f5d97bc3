import type { Verdict } from './cell.ts';

/** Row of the table. */
export interface Row {
  readonly title: string;
  /** Verdicts by column. */
  readonly verdicts: Verdict[];
}

/** Column of the table. */
export interface Column {
  readonly title: string;
  readonly package: string;
  readonly version: string;
}

const cell = ({ mark, reason }: Verdict): string => {
  if (mark === 'passes') return '✔';
  return mark === 'fails' ? `✖ ${reason}` : `n/a (${reason})`;
};

/** Pads each column like the formatter. */
function aligned(lines: readonly (readonly string[])[]): string {
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) => {
      const cells = line.map((text, column) =>
        text.padEnd(widths?.[column] ?? 0, text === '---' ? '-' : ' '),
      );
      return `| ${cells.join(' | ')} |`;
    })
    .join('\n');
}

/**
 * Renders the conformance page in Markdown.
 *
 * @param run the date of the run and the time limit of a program
 */
export function formatTable(
  rows: readonly Row[],
  columns: readonly Column[],
  { day, limitMs }: { readonly day: string; readonly limitMs: number },
): string {
  const head = ['', ...columns.map(({ title }) => title)];
  const table = aligned([
    head,
    head.map(() => '---'),
    ...rows.map(({ title, verdicts }) => [title, ...verdicts.map((verdict) => cell(verdict))]),
    [
      '**passed**',
      ...columns.map((_, column) => {
        const marks = rows.map(({ verdicts }) => verdicts[column]?.mark);
        const passed = marks.filter((mark) => mark === 'passes').length;
        return `**${passed} of ${marks.filter((mark) => mark !== 'n/a').length}**`;
      }),
    ],
  ]);
  const versions = columns.map(({ package: name, version }) => `\`${name}\` ${version}`).join(', ');
  return `# Conformance

Behavior of telemetry SDKs and of the instrumented application under failures. Each cell is the result of a real program in a
separate process, set up as the README of the subject describes. The result depends on what a real OTLP receiver received and on how
the process ended. Every column uses the same program and the same criteria.

- ✔ passes; ✖ fails, with the observed behavior; n/a means that the subject does not have the feature.
- _Collector up_ responds immediately, _down_ means that nothing listens, _slow_ responds to each request after half a second.
- At exit, the program must have delivered its span, log record and metric (unless the Collector is down) and must exit within five
  seconds with the same exit code or signal as without telemetry. A crash must be printed.
- Measured on ${day} with Node ${process.versions.node}, ${process.platform} ${process.arch}: ${versions}.
- _Does not exit_ means that the program was killed after ${limitMs / 1000} seconds.
- autotel records every trace (its default is one in ten) and has its process handlers enabled (the default is disabled). The cloud
  resource detectors of Elastic and OpenTelemetry are disabled, because they wait for addresses that only exist in a cloud.

To reproduce the table, run \`npm run conformance\`. It takes some minutes and installs the other subjects once, outside the
workspaces, each from its own lock file (\`test/conformance/peers/\`); their setup is in \`test/conformance/subjects/\`. Sonde's column
is also a test of \`npm test\`.

${table}
`;
}
