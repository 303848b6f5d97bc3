import { styleText } from 'node:util';
import type { Diagnosis, SignalVerdict } from './diagnosis.ts';
import type { Finding } from './finding.ts';

type Style = Parameters<typeof styleText>[0];

/** Breaks a text at spaces; a longer word stays whole, so that it can be copied. */
function wrap(text: string, width: number, indent: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last === '') lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= width - indent.length)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join(`\n${indent}`);
}

function formatSignal({ signal, works, made, received }: SignalVerdict): string {
  const counts = received === null ? '' : ` (made ${made}, received ${received})`;
  return `${signal} ${works === null ? 'none recorded' : works ? 'yes' : 'no'}${works === null ? '' : counts}`;
}

/** Renders a diagnosis for a terminal. */
export function formatDiagnosis(
  diagnosis: Diagnosis,
  { width, color }: { readonly width: number; readonly color: boolean },
): string {
  const paint = (style: Style, text: string): string =>
    color ? styleText(style, text, { validateStream: false }) : text;
  const [worst] = diagnosis.findings;
  const because = worst === undefined ? '' : `: ${worst.title}`;
  const verdict = `${diagnosis.signals.map(formatSignal).join(', ')}${because}`;
  const verdictStyle = { fine: 'green', warnings: 'yellow', broken: 'red' } as const;
  const formatFinding = ({ code, weight, title, cause, proof, fix, page }: Finding): string => {
    const mark = weight === 'broken' ? paint('red', '✗') : paint('yellow', '!');
    const indent = '  ';
    const label = (name: string, text: string): string =>
      `${indent}${paint('dim', name.padEnd(7))}${wrap(text, width, `${indent}       `)}`;
    return [
      `${mark} ${paint('bold', wrap(title, width, indent))}`,
      `${indent}${paint('dim', code)}`,
      `${indent}${wrap(cause, width, indent)}`,
      ...proof.slice(0, 8).map((each, index) => label(index === 0 ? 'proof' : '', each)),
      label('fix', fix),
      label('page', page),
    ].join('\n');
  };
  return `${[paint(verdictStyle[diagnosis.verdict], wrap(verdict, width, '')), ...diagnosis.findings.map(formatFinding)].join('\n\n')}\n`;
}
