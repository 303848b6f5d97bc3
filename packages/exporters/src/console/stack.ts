import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';

import { printable } from './printable.ts';

/** The stack of the error that a record carries, each line escaped, indented and ended; `''` when it carries none. */
export function stackText(record: ReadableLogRecord, indent: string): string {
  const stack = record.attributes['exception.stacktrace'];
  if (typeof stack !== 'string' || stack === '') return '';
  let text = '';
  for (const line of stack.split('\n')) text += `${indent}${printable(line.trimEnd())}\n`;
  return text;
}
