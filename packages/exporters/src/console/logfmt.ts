import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';

import { ClockText, milliseconds, universalDateTime } from './clock-text.ts';
import { levelOf } from './level.ts';
import { printable } from './printable.ts';
import { valueText } from './value-text.ts';

/** `time=... level=info logger=app msg="..." trace_id=... key=value`: one line for each record. */
export function logfmtFormat(): (record: ReadableLogRecord) => string {
  const clock = new ClockText(universalDateTime);
  return ({ hrTime, severityNumber, instrumentationScope, body, eventName, spanContext, attributes }) => {
    let line = `time=${clock.second(hrTime)}.${milliseconds(hrTime)}Z level=${levelOf(severityNumber).name.toLowerCase()}`;
    line += ` logger=${logfmtValue(instrumentationScope.name)} msg=${logfmtValue(body ?? eventName ?? '')}`;
    if (spanContext !== undefined) line += ` trace_id=${spanContext.traceId} span_id=${spanContext.spanId}`;
    for (const key of Object.keys(attributes)) line += ` ${logfmtKey(key)}=${logfmtValue(attributes[key])}`;
    return `${line}\n`;
  };
}

/** A value, in quotes when a reader could not tell its end without them. */
export function logfmtValue(value: unknown): string {
  const text = valueText(value);
  const safe = printable(text);
  if (safe === text && text !== '' && !needsQuotes(text)) return text;
  return `"${safe === text ? text.replaceAll('\\', '\\\\').replaceAll('"', '\\"') : safe.replaceAll('"', '\\"')}"`;
}

/** A key: spaces, quotes, equal signs and controls become underscores. */
export function logfmtKey(key: string): string {
  if (key === '') return '_';
  let safe = '';
  for (const character of printable(key)) safe += needsQuotes(character) ? '_' : character;
  return safe;
}

function needsQuotes(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code <= 0x20 || code === 0x22 || code === 0x3d || code === 0x5c) return true;
  }
  return false;
}
