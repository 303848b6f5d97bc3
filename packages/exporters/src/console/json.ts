import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';

import { TimestampFormatter, milliseconds, utcDateTime } from './timestamp-formatter.ts';
import { getLevel } from './level.ts';
import { isUnsafe } from './printable.ts';
import { jsonText } from './value-text.ts';

const reservedKeys = new Set([
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
 * An attribute with one of these names has the prefix `attributes.`.
 *
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/
 */
export function jsonFormat(): (record: ReadableLogRecord) => string {
  const clock = new TimestampFormatter(utcDateTime);
  const keys = new KeyCache();
  return (record) => {
    const { hrTime, severityNumber, instrumentationScope, spanContext, attributes } = record;
    let line = `{"timestamp":"${clock.second(hrTime)}.${milliseconds(hrTime)}Z","severity":"${getLevel(severityNumber).name}"`;
    line += `,"logger":${safeJson(instrumentationScope.name)},"message":${safeJson(record.body ?? record.eventName ?? '')}`;
    if (record.eventName !== undefined) line += `,"event_name":${safeJson(record.eventName)}`;
    if (spanContext !== undefined) {
      const { traceId, spanId, traceFlags } = spanContext;
      line += `,"trace_id":"${traceId}","span_id":"${spanId}","trace_flags":"${traceFlags.toString(16).padStart(2, '0')}"`;
    }
    for (const key of Object.keys(attributes)) line += keys.text(key) + safeJson(attributes[key]);
    return `${line}}\n`;
  };
}

/** Caches the JSON of attribute keys, of which applications use few. */
class KeyCache {
  readonly #texts = new Map<string, string>();

  text(key: string): string {
    return this.#texts.get(key) ?? this.#create(key);
  }

  #create(key: string): string {
    const text = `,${safeJson(reservedKeys.has(key) ? `attributes.${key}` : key)}:`;
    if (this.#texts.size < maxKeys) this.#texts.set(key, text);
    return text;
  }
}

const maxKeys = 1000;

/** JSON with characters escaped that are valid in JSON but control a terminal. */
function safeJson(value: unknown): string {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  const json = typeof value === 'string' ? JSON.stringify(value) : jsonText(value);
  let start = 0;
  let result = '';
  for (let index = 0; index < json.length; index++) {
    const code = json.charCodeAt(index);
    if (code < 0x7f || !isUnsafe(code)) continue;
    result += `${json.slice(start, index)}\\u${code.toString(16).padStart(4, '0')}`;
    start = index + 1;
  }
  return start === 0 ? json : result + json.slice(start);
}
