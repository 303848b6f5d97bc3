import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';

import { TimestampFormatter, localTime, milliseconds } from './timestamp-formatter.ts';
import { getLevel, type Level } from './level.ts';
import { logfmtMember, logfmtValue } from './logfmt.ts';
import { colorize, type Color } from './colorize.ts';
import { printable } from './printable.ts';
import { stackText } from './stack.ts';
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

const own = new Set(['trace']);
const partsOfStack = new Set(['exception.stacktrace', 'exception.type', 'exception.message']);

/** One line for people: time, level, logger, message, attributes, the start of the trace id; a stack follows on lines of its own. */
export function prettyFormat(colours: boolean): (record: ReadableLogRecord) => string {
  const clock = new TimestampFormatter(localTime);
  return (record) => {
    const { hrTime, attributes, spanContext, instrumentationScope } = record;
    const level = getLevel(record.severityNumber).name;
    const stack = stackText(record, '    ');
    const time = colorize('dim', `${clock.second(hrTime)}.${milliseconds(hrTime)}`, colours);
    let line = `${time} ${colorize(levelColors[level], level.padEnd(8), colours)}`;
    line += ` ${colorize('dim', `${printable(instrumentationScope.name)}:`, colours)} ${getMessage(record)}`;
    for (const key of Object.keys(attributes)) {
      if (stack !== '' && partsOfStack.has(key)) continue;
      line += ` ${colorize('dim', `${logfmtMember(key, own)}=`, colours)}${logfmtValue(attributes[key])}`;
    }
    if (spanContext !== undefined)
      line += ` ${colorize('dim', `trace=${spanContext.traceId.slice(0, 8)}`, colours)}`;
    return `${line}\n${stack}`;
  };
}

function getMessage({ body, eventName }: ReadableLogRecord): string {
  return printable(valueText(body ?? eventName ?? ''));
}
