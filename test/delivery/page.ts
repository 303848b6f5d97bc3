import type { Column } from './column.ts';
import type { Delivery, Outcome } from './outcome.ts';
import type { ColumnResults, Results } from './results.ts';
import type { Row } from './row.ts';

const number = (value: number): string => value.toLocaleString('en');
const share = ({ lost, sent }: Pick<Delivery, 'lost' | 'sent'>): string =>
  `${(Math.abs(lost / sent) * 100).toFixed(lost !== 0 && Math.abs(lost / sent) < 0.01 ? 1 : 0)} %`;

/** Losses in words: `1,536 spans (6 %)`. */
function losses({ spans, logs, counts }: Outcome): string {
  const parts = Object.entries({ spans, 'log records': logs, counts })
    .filter(([, { lost }]) => lost !== 0)
    .map(([name, delivery]) =>
      delivery.lost > 0
        ? `${number(delivery.lost)} ${name} (${share(delivery)})`
        : `${number(-delivery.lost)} ${name} too many`,
    );
  return parts.length === 0 ? '**0**' : parts.join(', ');
}

const ends = ({ ending, endedAfterMs }: Outcome): string => {
  if (ending === undefined) return 'does not exit';
  return `${number(endedAfterMs)} ms, ${ending.signal ?? ending.code}`;
};

const maxLineLength = 160;
const maxLines = 3;

/** Messages without addresses and codes; those that differ only in the signal are shown once. */
function said({ said: lines }: Outcome): string {
  const shown = new Map<string, string>();
  for (const line of lines) {
    const text = line
      .replace(/\s*\[SONDE_\w+\]$/, '')
      .replace(/^sonde: /, '')
      .replaceAll(/(?: to)? https?:\/\/[\w.]+:\d+/g, '')
      .replaceAll(/:\d{5}\b/g, '')
      .replaceAll('|', '\\|')
      .slice(0, maxLineLength);
    const key = text.replaceAll(/\b(metric points|log records|spans|[\d,]+)\b/g, '');
    if (!shown.has(key)) shown.set(key, text);
  }
  const texts = [...shown.values()];
  const last = texts.findIndex((text) => text.startsWith('not exported'));
  const chosen = last < maxLines ? texts.slice(0, maxLines) : [...texts.slice(0, maxLines - 1), texts[last]];
  return chosen.join('; ');
}

const table = (lines: readonly (readonly string[])[]): string => {
  const [head = [], ...body] = lines;
  return [head, head.map(() => '---'), ...body].map((line) => `| ${line.join(' | ')} |`).join('\n');
};

const trio = (a: number, b: number, c?: number): string =>
  [a, b, ...(c === undefined ? [] : [c])].map(number).join(' / ');

function details(column: Column, rows: readonly Row[], { outcomes }: ColumnResults): string {
  const lines = rows.flatMap(({ title }) => {
    const outcome = outcomes[title];
    if (outcome === undefined || outcome === null) return [];
    const { spans, logs, counts } = outcome;
    return [
      [
        title,
        trio(spans.sent, logs.sent, counts.sent),
        trio(spans.delivered, logs.delivered, counts.delivered),
        trio(spans.lost, logs.lost, counts.lost),
        trio(spans.duplicated, logs.duplicated),
        `${outcome.firstRssMb} to ${outcome.peakRssMb}`,
        String(outcome.longestBlockMs),
        ends(outcome),
        said(outcome),
      ],
    ];
  });
  const head = ['fault', 'sent', 'delivered', 'lost', 'duplicated', 'MB', 'block (ms)', 'exit', 'messages'];
  return `### ${column.title}\n\n${table([head, ...lines])}`;
}

/** Renders the part of the page about delivery in Markdown. */
export function deliveryPart(rows: readonly Row[], columns: readonly Column[], results: Results): string {
  const measured = columns.filter(({ name }) => results[name] !== undefined);
  const overview = rows.map(({ title }) => [
    title,
    ...measured.map(({ name }) => {
      const outcome = results[name]?.outcomes[title];
      if (outcome === undefined) return 'not run';
      return outcome === null ? 'not run (a tool is missing)' : losses(outcome);
    }),
  ]);
  const versions = measured
    .map(({ title, package: name, name: key }) => {
      const { version = '', day = '' } = results[key] ?? {};
      return `${title}: \`${name}\` ${version}, ${day}`;
    })
    .join('; ');
  return `## Delivery

The same program under each fault: 500 spans, 500 counts and 100 log records per second unless the row says otherwise, each numbered,
and a receiver that counts distinct numbers. The receiver is up for 5 seconds, then faulty, then up again for 15 seconds
under load; then the program gets SIGTERM unless the row names another end. _Received_ means that the receiver has the data of the requests that it does not
acknowledge: the sender cannot know, so duplicates are correct. The load with attributes of 16 kB makes 590 MB in 60 seconds, more than the
default bounds of memory (64 MiB) and disk (256 MiB). The table shows what never arrived; **0** means that all spans, log records and
counts arrived.

Measured with Node ${process.versions.node}, ${process.platform} ${process.arch}. ${versions}. To reproduce, run \`npm run conformance -- delivery\`; Sonde's column with
shorter faults is a test of \`npm test\`. The faults are in \`test/delivery/rows/\`.

${table([['lost', ...measured.map(({ title }) => title)], ...overview])}

The tables below show for each column, as spans / log records / counts: what was recorded, what arrived, what is missing and what arrived twice; the resident memory
when the load begins and its peak; the longest delay of the event loop, with many programs at once on two cores that were busy with other work too; the time from the end of the load to the exit, with
the exit code or signal; and messages on stderr.

${measured.map((column) => details(column, rows, results[column.name] as ColumnResults)).join('\n\n')}
`;
}
