import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';

/**
 * Escapes every character that moves the cursor, breaks the line or changes the text direction: C0 and C1 controls, DEL,
 * line and paragraph separators, bidirectional marks. The result cannot forge a line or control a terminal.
 */
export function printable(text: string): string {
  let start = 0;
  let result = '';
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if ((code >= 0x20 && code < 0x7f) || !isUnsafe(code)) continue;
    result += text.slice(start, index) + escapeCharacter(code);
    start = index + 1;
  }
  return start === 0 ? text : result + text.slice(start);
}

/** Whether a UTF-16 code unit must be escaped before it reaches a terminal. */
export function isUnsafe(code: number): boolean {
  if (code < 0x20) return true;
  if (code < 0x7f) return false;
  if (code <= 0x9f) return true;
  if (code < 0x200e) return code === 0x061c;
  return (
    code <= 0x200f ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069) ||
    code === 0xfeff
  );
}

function escapeCharacter(code: number): string {
  if (code === 0x0a) return '\\n';
  if (code === 0x0d) return '\\r';
  if (code === 0x09) return '\\t';
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** The stack trace of a record's exception, one escaped and indented line per frame; `''` if there is none. */
export function stackText(record: ReadableLogRecord, indent: string): string {
  const stack = record.attributes['exception.stacktrace'];
  if (typeof stack !== 'string' || stack === '') return '';
  let text = '';
  for (const line of stack.split('\n')) text += `${indent}${printable(line.trimEnd())}\n`;
  return text;
}
