import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';

import { TimestampFormatter, localTime, milliseconds } from './timestamp-formatter.ts';
import { getLevel, type Level } from './level.ts';
import { logfmtMember, logfmtValue } from './logfmt.ts';
import { colorize, type Color } from './console-options.ts';
import { printable, stackText } from './printable.ts';
import { valueText } from './value-text.ts';

const levelColors: Readonly<Record<Level['name'], Color>> = {
  NOTSET: 'dim',
  TRACE: 'dim',
  DEBUG: 'cyan',
  INFO: 'green',
  WARNING: 'yellow',
  ERROR: 'red',
  CRITICAL: 'magenta',
};

const reservedKeys = new Set(['trace']);
const stackAttributes = new Set(['exception.stacktrace', 'exception.type', 'exception.message']);

/** A human-readable line: time, level, logger, message, attributes, the first digits of the trace id; a stack follows on separate lines. */
export function prettyFormat(colors: boolean): (record: ReadableLogRecord) => string {
  const clock = new TimestampFormatter(localTime);
  return (record) => {
    const { hrTime, attributes, spanContext, instrumentationScope } = record;
    const level = getLevel(record.severityNumber).name;
    const stack = stackText(record, '    ');
    const time = colorize('dim', `${clock.second(hrTime)}.${milliseconds(hrTime)}`, colors);
    let line = `${time} ${colorize(levelColors[level], level.padEnd(8), colors)}`;
    line += ` ${colorize('dim', `${printable(instrumentationScope.name)}:`, colors)} ${getMessage(record)}`;
    for (const key of Object.keys(attributes)) {
      if (stack !== '' && stackAttributes.has(key)) continue;
      line += ` ${colorize('dim', `${logfmtMember(key, reservedKeys)}=`, colors)}${logfmtValue(attributes[key])}`;
    }
    if (spanContext !== undefined)
      line += ` ${colorize('dim', `trace=${spanContext.traceId.slice(0, 8)}`, colors)}`;
    return `${line}\n${stack}`;
  };
}

function getMessage({ body, eventName }: ReadableLogRecord): string {
  return printable(valueText(body ?? eventName ?? ''));
}
