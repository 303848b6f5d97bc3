import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';

import { ClockText, milliseconds, universalDateTime } from './clock-text.ts';
import { levelOf } from './level.ts';
import { isUnsafe } from './printable.ts';
import { jsonText } from './value-text.ts';

const own = new Set([
  'timestamp',
  'severity',
  'logger',
  'message',
  'event_name',
  'trace_id',
  'span_id',
  'trace_flags',
]);

/**
 * One JSON object for each line: `timestamp`, `severity`, `logger`, `message`, `trace_id`, `span_id`, `trace_flags`, then the attributes.
 * An attribute with one of these names gets the prefix `attributes.`.
 *
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/
 */
export function jsonFormat(): (record: ReadableLogRecord) => string {
  const clock = new ClockText(universalDateTime);
  return (record) => {
    const { hrTime, severityNumber, instrumentationScope, spanContext, attributes } = record;
    let line = `{"timestamp":"${clock.second(hrTime)}.${milliseconds(hrTime)}Z","severity":"${levelOf(severityNumber).name}"`;
    line += `,"logger":${safeJson(instrumentationScope.name)},"message":${safeJson(record.body ?? record.eventName ?? '')}`;
    if (record.eventName !== undefined) line += `,"event_name":${safeJson(record.eventName)}`;
    if (spanContext !== undefined) {
      const { traceId, spanId, traceFlags } = spanContext;
      line += `,"trace_id":"${traceId}","span_id":"${spanId}","trace_flags":"${traceFlags.toString(16).padStart(2, '0')}"`;
    }
    for (const key of Object.keys(attributes)) {
      const name = own.has(key) ? `attributes.${key}` : key;
      line += `,${safeJson(name)}:${safeJson(attributes[key])}`;
    }
    return `${line}}\n`;
  };
}

/** JSON in which also those characters are escaped that JSON allows and a terminal obeys. */
function safeJson(value: unknown): string {
  const json = jsonText(value);
  let start = 0;
  let result = '';
  for (let index = 0; index < json.length; index++) {
    const code = json.charCodeAt(index);
    if (!isUnsafe(code)) continue;
    result += `${json.slice(start, index)}\\u${code.toString(16).padStart(4, '0')}`;
    start = index + 1;
  }
  return start === 0 ? json : result + json.slice(start);
}
