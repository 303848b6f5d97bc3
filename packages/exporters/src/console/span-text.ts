import { SpanStatusCode } from '@opentelemetry/api';
import { hrTimeToMilliseconds } from '@opentelemetry/core';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

import { localTime, milliseconds } from './timestamp-formatter.ts';
import type { SpanTreeNode } from './local-traces.ts';
import { colorize, type Color } from './console-options.ts';
import { printable } from './printable.ts';
import { valueText } from './value-text.ts';

/** One line for the root and one for each of its descendants. */
export function spanText(root: ReadableSpan, descendants: readonly SpanTreeNode[], colors: boolean): string {
  const time = `${localTime(new Date(root.endTime[0] * 1000))}.${milliseconds(root.endTime)}`;
  const trace = colorize('dim', `trace=${root.spanContext().traceId.slice(0, 8)}`, colors);
  let text = `${colorize('dim', time, colors)} ${summary(root, colors)} ${trace}\n`;
  for (const { span, depth } of descendants) {
    text += `${' '.repeat(13 + 2 * (depth - 1))}${colorize('dim', '└', colors)} ${summary(span, colors)}\n`;
  }
  return text;
}

function summary(span: ReadableSpan, colors: boolean): string {
  const { status, attributes, duration } = span;
  const isFailed = status.code === SpanStatusCode.ERROR;
  const code = attributes['http.response.status_code'];
  const outcome = code === undefined ? failure(span) : printable(valueText(code));
  const parts = [colorize('bold', spanLabel(span), colors)];
  if (outcome !== '') parts.push(colorize(isFailed ? 'red' : statusColor(code), outcome, colors));
  parts.push(durationText(hrTimeToMilliseconds(duration)));
  if (isFailed && status.message !== undefined && status.message !== '') {
    parts.push(colorize('red', printable(status.message), colors));
  }
  return parts.join(' ');
}

function spanLabel({ name, attributes }: ReadableSpan): string {
  const method = attributes['http.request.method'];
  const target = attributes['http.route'] ?? attributes['url.path'];
  return printable(
    method === undefined || target === undefined ? name : `${valueText(method)} ${valueText(target)}`,
  );
}

function failure({ status, attributes }: ReadableSpan): string {
  if (status.code !== SpanStatusCode.ERROR) return '';
  return printable(valueText(attributes['error.type'] ?? 'error'));
}

function statusColor(code: unknown): Color {
  const number = Number(code);
  if (number >= 500) return 'red';
  return number >= 400 ? 'yellow' : 'green';
}

function durationText(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)}s`;
  return ms >= 1 ? `${ms.toFixed(1)}ms` : `${ms.toFixed(3)}ms`;
}
