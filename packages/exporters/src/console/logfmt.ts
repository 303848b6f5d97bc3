import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';

import { TimestampFormatter, milliseconds, universalDateTime } from './timestamp-formatter.ts';
import { getLevel } from './level.ts';
import { printable } from './printable.ts';
import { valueText } from './value-text.ts';

const own = new Set(['time', 'level', 'logger', 'msg', 'trace_id', 'span_id']);

/**
 * `time=... level=info logger=app msg="..." trace_id=... key=value`: one line for each record.
 * An attribute with the name of one of these members gets the prefix `attributes.`, as in JSON.
 */
export function logfmtFormat(): (record: ReadableLogRecord) => string {
  const clock = new TimestampFormatter(universalDateTime);
  return ({ hrTime, severityNumber, instrumentationScope, body, eventName, spanContext, attributes }) => {
    let line = `time=${clock.second(hrTime)}.${milliseconds(hrTime)}Z level=${getLevel(severityNumber).name.toLowerCase()}`;
    line += ` logger=${logfmtValue(instrumentationScope.name)} msg=${logfmtValue(body ?? eventName ?? '')}`;
    if (spanContext !== undefined) line += ` trace_id=${spanContext.traceId} span_id=${spanContext.spanId}`;
    for (const key of Object.keys(attributes)) {
      line += ` ${logfmtMember(key, own)}=${logfmtValue(attributes[key])}`;
    }
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

/** The key of an attribute beside members with reserved names. */
export function logfmtMember(key: string, reserved: ReadonlySet<string>): string {
  const safe = logfmtKey(key);
  return reserved.has(safe) ? `attributes.${safe}` : safe;
}

/** A key: spaces, quotes, equal signs and controls become underscores. */
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
