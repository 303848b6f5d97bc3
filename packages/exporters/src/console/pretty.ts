import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';

import { ClockText, localTime, milliseconds } from './clock-text.ts';
import { levelOf, type Level } from './level.ts';
import { logfmtMember, logfmtValue } from './logfmt.ts';
import { paint, type Colour } from './paint.ts';
import { printable } from './printable.ts';
import { stackText } from './stack.ts';
import { valueText } from './value-text.ts';

const levelColours: Readonly<Record<Level['name'], Colour>> = {
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
  const clock = new ClockText(localTime);
  return (record) => {
    const { hrTime, attributes, spanContext, instrumentationScope } = record;
    const level = levelOf(record.severityNumber).name;
    const stack = stackText(record, '    ');
    const time = paint('dim', `${clock.second(hrTime)}.${milliseconds(hrTime)}`, colours);
    let line = `${time} ${paint(levelColours[level], level.padEnd(8), colours)}`;
    line += ` ${paint('dim', `${printable(instrumentationScope.name)}:`, colours)} ${messageOf(record)}`;
    for (const key of Object.keys(attributes)) {
      if (stack !== '' && partsOfStack.has(key)) continue;
      line += ` ${paint('dim', `${logfmtMember(key, own)}=`, colours)}${logfmtValue(attributes[key])}`;
    }
    if (spanContext !== undefined)
      line += ` ${paint('dim', `trace=${spanContext.traceId.slice(0, 8)}`, colours)}`;
    return `${line}\n${stack}`;
  };
}

function messageOf({ body, eventName }: ReadableLogRecord): string {
  return printable(valueText(body ?? eventName ?? ''));
}
