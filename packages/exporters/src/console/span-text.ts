import { SpanStatusCode } from '@opentelemetry/api';
import { hrTimeToMilliseconds } from '@opentelemetry/core';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

import { localTime, milliseconds } from './clock-text.ts';
import type { Descendant } from './local-traces.ts';
import { paint, type Colour } from './paint.ts';
import { printable } from './printable.ts';
import { valueText } from './value-text.ts';

/** A line for the root and one for each of its descendants. */
export function spanText(root: ReadableSpan, descendants: readonly Descendant[], colors: boolean): string {
  const time = `${localTime(new Date(root.endTime[0] * 1000))}.${milliseconds(root.endTime)}`;
  const trace = paint('dim', `trace=${root.spanContext().traceId.slice(0, 8)}`, colors);
  let text = `${paint('dim', time, colors)} ${summary(root, colors)} ${trace}\n`;
  for (const { span, depth } of descendants) {
    text += `${' '.repeat(13 + 2 * (depth - 1))}${paint('dim', '└', colors)} ${summary(span, colors)}\n`;
  }
  return text;
}

function summary(span: ReadableSpan, colors: boolean): string {
  const { status, attributes, duration } = span;
  const isFailed = status.code === SpanStatusCode.ERROR;
  const code = attributes['http.response.status_code'];
  const outcome = code === undefined ? failure(span) : printable(valueText(code));
  const parts = [paint('bold', nameOf(span), colors)];
  if (outcome !== '') parts.push(paint(isFailed ? 'red' : statusColour(code), outcome, colors));
  parts.push(durationText(hrTimeToMilliseconds(duration)));
  if (isFailed && status.message !== undefined && status.message !== '') {
    parts.push(paint('red', printable(status.message), colors));
  }
  return parts.join(' ');
}

function nameOf({ name, attributes }: ReadableSpan): string {
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

function statusColour(code: unknown): Colour {
  const number = Number(code);
  if (number >= 500) return 'red';
  return number >= 400 ? 'yellow' : 'green';
}

function durationText(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)}s`;
  return ms >= 1 ? `${ms.toFixed(1)}ms` : `${ms.toFixed(3)}ms`;
}
