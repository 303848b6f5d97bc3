import { culprit, parseStack } from '../exceptions/stack.ts';
import { severityLevel } from '../query/log-dialect.ts';
import type { Database } from './database.ts';
import { arrangeTrace, type TraceNode } from './trace.ts';
import { criticalPath, findFolds } from './trace-times.ts';
import { nodeStart } from './trace-tree.ts';

const maxLines = 200;

/** One line of text that cannot be anything else than text in Markdown. */
function plain(text: string | number | null | undefined, maxLength = 300): string {
  return String(text ?? '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('`', "'")
    .slice(0, maxLength);
}

function spanLine(node: TraceNode, traceStart: number, isCritical: boolean): string {
  const { row, name, durationMs, depth } = node;
  const marks = [isCritical ? 'critical' : '', row['status'] === 2 ? 'ERROR' : ''].filter(
    (mark) => mark !== '',
  );
  const offset = (nodeStart(node) - traceStart).toFixed(1);
  const suffix = marks.length === 0 ? '' : ` (${marks.join(', ')})`;
  return `${'  '.repeat(Math.min(depth, 20))}${plain(name)} [${plain(row['service'])}] +${offset} ms, ${durationMs.toFixed(2)} ms${suffix}`;
}

/** The spans as an indented list; repeated siblings take one line. */
function spanLines(nodes: readonly TraceNode[], root: TraceNode | undefined, start: number): string[] {
  const critical = new Set((root === undefined ? [] : criticalPath(root)).map(({ spanId }) => spanId));
  const { folds, foldByNode } = findFolds(nodes);
  const folded = new Set<number>();
  const lines: string[] = [];
  for (const node of nodes) {
    const fold = foldByNode.get(node.id);
    if (fold === undefined) {
      lines.push(spanLine(node, start, critical.has(node.spanId)));
      continue;
    }
    if (folded.has(fold)) continue;
    folded.add(fold);
    const { count, name, totalMs, inSeries } = folds[fold] ?? {
      count: 0,
      name: '',
      totalMs: 0,
      inSeries: false,
    };
    const indent = '  '.repeat(Math.min(node.depth, 20));
    lines.push(
      `${indent}${count} x ${plain(name)}, ${totalMs.toFixed(2)} ms in all${inSeries ? ', in series' : ''}`,
    );
  }
  return lines.length > maxLines
    ? [...lines.slice(0, maxLines), `... ${lines.length - maxLines} more lines`]
    : lines;
}

/** `GET /api/traces/:traceId/markdown` */
export function traceMarkdown(database: Database, { traceId }: { readonly traceId: string }): string {
  const { trace, nodes, root, start, end } = arrangeTrace(database, traceId);
  const id = trace['id'] ?? null;
  const exceptions = database.all('SELECT * FROM exceptions WHERE trace = ? ORDER BY time_us LIMIT 20', id);
  const logs = database.all('SELECT * FROM logs WHERE trace = ? ORDER BY time_us LIMIT 100', id);
  const parts = [
    `# ${plain(root?.name ?? 'trace')}`,
    `Trace \`${plain(trace['trace_id'])}\`: ${(end - start).toFixed(2)} ms, ${trace['spans']} ${trace['spans'] === 1 ? 'span' : 'spans'}, ${trace['errors']} with errors.`,
    '## Spans',
    `\`\`\`\n${spanLines(nodes, root, start).join('\n')}\n\`\`\``,
  ];
  if (exceptions.length > 0) parts.push('## Exceptions');
  for (const { type, message, stack } of exceptions) {
    const place = culprit(parseStack(stack === null || stack === undefined ? null : String(stack)).frames);
    const at = place === undefined ? '' : ` at \`${plain(place.file)}:${place.line}\``;
    parts.push(`**${plain(type)}**: ${plain(message)}${at}`);
    if (stack) parts.push(`\`\`\`\n${String(stack).replaceAll('```', "'''").slice(0, 4000)}\n\`\`\``);
  }
  if (logs.length > 0) {
    const lines = logs.map(
      ({ time_us: time, severity, body }) =>
        `+${(Number(time) / 1000 - start).toFixed(1)} ms ${severityLevel(Number(severity)) ?? '-'} ${plain(body)}`,
    );
    parts.push('## Log records', `\`\`\`\n${lines.join('\n')}\n\`\`\``);
  }
  return `${parts.join('\n\n')}\n`;
}
