import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';

import { TimestampFormatter, milliseconds, utcDateTime } from './timestamp-formatter.ts';
import { getLevel } from './level.ts';
import { printable } from './printable.ts';
import { valueText } from './value-text.ts';

const reservedKeys = new Set(['time', 'level', 'logger', 'msg', 'trace_id', 'span_id']);

/**
 * `time=... level=info logger=app msg="..." trace_id=... key=value`: one line for each record.
 * An attribute with one of these names has the prefix `attributes.`, as in JSON.
 */
export function logfmtFormat(): (record: ReadableLogRecord) => string {
  const clock = new TimestampFormatter(utcDateTime);
  return ({ hrTime, severityNumber, instrumentationScope, body, eventName, spanContext, attributes }) => {
    let line = `time=${clock.second(hrTime)}.${milliseconds(hrTime)}Z level=${getLevel(severityNumber).name.toLowerCase()}`;
    line += ` logger=${logfmtValue(instrumentationScope.name)} msg=${logfmtValue(body ?? eventName ?? '')}`;
    if (spanContext !== undefined) line += ` trace_id=${spanContext.traceId} span_id=${spanContext.spanId}`;
    for (const key of Object.keys(attributes)) {
      line += ` ${logfmtMember(key, reservedKeys)}=${logfmtValue(attributes[key])}`;
    }
    return `${line}\n`;
  };
}

/** A value, quoted if it is empty or has characters that end a value. */
export function logfmtValue(value: unknown): string {
  const text = valueText(value);
  const safe = printable(text);
  if (safe === text && text !== '' && !needsQuotes(text)) return text;
  return `"${safe === text ? text.replaceAll('\\', '\\\\').replaceAll('"', '\\"') : safe.replaceAll('"', '\\"')}"`;
}

/** The key of an attribute, prefixed if it is reserved. */
export function logfmtMember(key: string, reserved: ReadonlySet<string>): string {
  const safe = logfmtKey(key);
  return reserved.has(safe) ? `attributes.${safe}` : safe;
}

/** Replaces spaces, quotes, equal signs and control characters in a key by underscores. */
function logfmtKey(key: string): string {
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
