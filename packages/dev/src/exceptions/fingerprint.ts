import { createHash } from 'node:crypto';
import { parseStack } from './stack.ts';

const known = new Map<string, string>();

/** A message without what differs from one occurrence to the next: ids, numbers, quoted values, addresses. */
function stableMessage(message: string): string {
  return message
    .slice(0, 500)
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f-]{27}\b/gi, '<id>')
    .replaceAll(/\b(?:0x)?[0-9a-f]{12,}\b/gi, '<id>')
    .replaceAll(/'[^']*'|"[^"]*"|`[^`]*`/g, '<text>')
    .replaceAll(/\d+/g, '<n>');
}

/** A file without the directories above the project, which differ from one machine to the next. */
function stableFile(file: string): string {
  return file.split(/[\\/]/).slice(-2).join('/');
}

/**
 * Fingerprint that groups exceptions. With a stack it is the type and the innermost functions of the application, with their
 * files, but without lines: it survives code that moves. Without a stack it is the type and the stable part of the message.
 */
export function fingerprint(type: string, message: string, stack: string | null): string {
  const key = `${type}\n${stack ?? message}`;
  const remembered = known.get(key);
  if (remembered !== undefined) return remembered;
  const { frames } = parseStack(stack);
  const own = frames.filter(({ inApp }) => inApp);
  const places = (own.length === 0 ? frames : own).slice(0, 5).map((frame) => {
    return `${frame.function ?? ''} ${stableFile(frame.file ?? '')}`;
  });
  const parts = places.length === 0 ? [type, stableMessage(message)] : [type, ...places];
  const print = createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
  if (known.size > 1000) known.clear();
  if (key.length < 100_000) known.set(key, print);
  return print;
}
