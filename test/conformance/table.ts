import type { Verdict } from './cell.ts';

/** A line of the table. */
export interface Row {
  readonly title: string;
  /** By column. */
  readonly verdicts: Verdict[];
}

/** A subject as the table names it. */
export interface Column {
  readonly title: string;
  readonly package: string;
  readonly version: string;
}

const cell = ({ mark, reason }: Verdict): string => {
  if (mark === 'passes') return '✔';
  return mark === 'fails' ? `✖ ${reason}` : `n/a (${reason})`;
};

/** Pads each column, as the formatter does. */
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
 * The whole page in Markdown.
 *
 * @param circumstances the date of the run, and after how many milliseconds a program was killed
 */
export function tableOf(
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
        const own = rows.map(({ verdicts }) => verdicts[column]?.mark);
        const passed = own.filter((mark) => mark === 'passes').length;
        return `**${passed} of ${own.filter((mark) => mark !== 'n/a').length}**`;
      }),
    ],
  ]);
  const versions = columns.map(({ package: name, version }) => `\`${name}\` ${version}`).join(', ');
  return `# Conformance

What happens to telemetry, and to the application, where things go wrong: each cell is a real program in a process of its
own, under the set-up that the subject's own README gives, judged by what a real OTLP receiver had got and by how the
process ended. The program and the judgement of a row are the same for every column.

- ✔ as it should be; ✖ not so, and what was seen; n/a the subject has no such feature.
- _Collector up_ answers at once, _down_ means that nobody listens, _slow_ answers each request after half a second.
- At each exit the program must have delivered its span, its log record and its metric (unless the Collector is down), and
  end within five seconds as it would have ended without telemetry: the same exit code or signal, a crash printed.
- Measured on ${day} with Node ${process.versions.node}, ${process.platform} ${process.arch}: ${versions}.
- What _does not end_ was killed after ${limitMs / 1000} seconds.
- autotel records every trace here (its default keeps one in ten) and has its process handlers on (the default is off).
  Elastic's and OpenTelemetry's detectors of cloud resources are off (they wait for addresses that do not answer outside a cloud).

To repeat it: \`npm run conformance\`. It takes some minutes and installs the others once, outside the workspaces, each from
its own lockfile (\`test/conformance/peers/\`); their set-up is in \`test/conformance/subjects/\`. Sonde's column is a test
and runs in \`npm test\`.

${table}
`;
}
