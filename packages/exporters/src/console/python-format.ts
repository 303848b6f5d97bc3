import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';

import { TimestampFormatter, localDateTime, milliseconds } from './timestamp-formatter.ts';
import { getLevel } from './level.ts';
import { printable, stackText } from './printable.ts';
import { valueText } from './value-text.ts';
import { SondeConfigError } from '@sonde/sdk';

type Part = string | Field;

interface Field {
  readonly name: string;
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly conversion: Conversion;
}

type Conversion = 's' | 'd' | 'i' | 'f' | 'x' | 'r';

const conversions: readonly string[] = ['s', 'd', 'i', 'f', 'x', 'r'];
const maxWidth = 1000;
/** Indents stack traces, so that an error message with a line break cannot forge a record. */
const stackIndent = '    ';
const unsupportedFields = new Set(
  'filename funcName lineno module pathname processName relativeCreated stack_info taskName thread threadName'.split(
    ' ',
  ),
);

/**
 * Compiles a format string of Python's `logging` module: `%(asctime)s - %(levelname)-8s - %(message)s`. The fields are asctime, created, levelname,
 * levelno, message, msecs, name, process, trace_id, span_id, and the key of any attribute.
 *
 * @see https://docs.python.org/3/library/logging.html#logrecord-attributes
 * @throws {SondeConfigError} with the position of the error
 */
export function pythonFormat(format: string): (record: ReadableLogRecord) => string {
  const parts = parse(format);
  const clock = new TimestampFormatter(localDateTime);
  return (record) => {
    let line = '';
    for (const part of parts) {
      line += typeof part === 'string' ? part : formatField(fieldValue(part.name, record, clock), part);
    }
    return `${line}\n${stackText(record, stackIndent)}`;
  };
}

function parse(format: string): Part[] {
  const parts: Part[] = [];
  let literal = '';
  let position = 0;
  while (position < format.length) {
    const percent = format.indexOf('%', position);
    if (percent === -1 || format[percent + 1] === '%') {
      literal += percent === -1 ? format.slice(position) : format.slice(position, percent + 1);
      position = percent === -1 ? format.length : percent + 2;
      continue;
    }
    literal += format.slice(position, percent);
    const { field, end } = parseField(format, percent);
    if (literal !== '') parts.push(literal);
    literal = '';
    parts.push(field);
    position = end;
  }
  if (literal !== '') parts.push(literal);
  return parts;
}

function parseField(format: string, start: number): { field: Field; end: number } {
  const close = format.indexOf(')', start);
  if (format[start + 1] !== '(' || close === -1) {
    throw invalid(format, start, "'%' does not start a field; use %(field)s, or %% for a percent sign");
  }
  const name = format.slice(start + 2, close);
  if (name === '') throw invalid(format, start, 'the field has no name');
  if (unsupportedFields.has(name)) throw invalid(format, start, `unsupported field '${name}'`);
  let end = close + 1;
  const flags = scanWhile(format, end, '#0- +');
  end += flags.length;
  const width = scanWhile(format, end, '0123456789');
  end += width.length;
  let precision: string | undefined;
  if (format[end] === '.') {
    precision = scanWhile(format, end + 1, '0123456789');
    end += precision.length + 1;
  }
  const conversion = format[end] ?? '';
  if (!isConversion(conversion)) {
    throw invalid(
      format,
      start,
      `expected one of ${conversions.join(' ')} after field '${name}', got '${conversion}'`,
    );
  }
  if (Number(width) > maxWidth || Number(precision ?? 0) > 100) {
    throw invalid(format, start, `field '${name}' exceeds width ${maxWidth} or precision 100`);
  }
  const field = {
    name,
    flags,
    width: Number(width),
    precision: precision === undefined ? undefined : Number(precision),
    conversion,
  };
  return { field, end: end + 1 };
}

function isConversion(character: string): character is Conversion {
  return conversions.includes(character);
}

function scanWhile(text: string, start: number, allowed: string): string {
  let end = start;
  while (end < text.length && allowed.includes(text[end] ?? '')) end++;
  return text.slice(start, end);
}

function invalid(format: string, position: number, problem: string): SondeConfigError {
  return new SondeConfigError('log format', [
    { option: 'format', problem: `${problem} (position ${position} of '${format.slice(0, 200)}')` },
  ]);
}

function fieldValue(name: string, record: ReadableLogRecord, clock: TimestampFormatter): unknown {
  switch (name) {
    case 'asctime':
      return `${clock.second(record.hrTime)},${milliseconds(record.hrTime)}`;
    case 'created':
      return record.hrTime[0] + record.hrTime[1] / 1e9;
    case 'msecs':
      return Math.floor(record.hrTime[1] / 1e6);
    case 'levelname':
      return getLevel(record.severityNumber).name;
    case 'levelno':
      return getLevel(record.severityNumber).number;
    case 'name':
      return record.instrumentationScope.name;
    case 'message':
      return record.body ?? record.eventName ?? '';
    case 'process':
      return process.pid;
    case 'trace_id':
      return record.spanContext?.traceId ?? record.attributes['trace_id'] ?? '';
    case 'span_id':
      return record.spanContext?.spanId ?? record.attributes['span_id'] ?? '';
    default:
      return record.attributes[name] ?? '';
  }
}

function formatField(value: unknown, field: Field): string {
  const { flags, width } = field;
  const text = convert(value, field);
  if (text.length >= width) return text;
  if (flags.includes('-')) return text.padEnd(width);
  const isNumber = field.conversion !== 's' && field.conversion !== 'r';
  if (!flags.includes('0') || !isNumber) return text.padStart(width);
  const sign = /^[+-]/.test(text) ? text.slice(0, 1) : '';
  return sign + text.slice(sign.length).padStart(width - sign.length, '0');
}

function convert(value: unknown, { flags, precision, conversion }: Field): string {
  if (conversion === 's' || conversion === 'r') {
    const text = printable(conversion === 'r' && typeof value === 'string' ? `'${value}'` : valueText(value));
    return precision === undefined ? text : text.slice(0, precision);
  }
  const number = typeof value === 'number' ? value : Number(value === '' ? NaN : value);
  if (!Number.isFinite(number)) return printable(valueText(value));
  const sign = number < 0 ? '-' : positiveSign(flags);
  const size = Math.abs(number);
  if (conversion === 'f') return sign + size.toFixed(precision ?? 6);
  if (conversion === 'x') return `${sign}${flags.includes('#') ? '0x' : ''}${Math.trunc(size).toString(16)}`;
  return sign + String(Math.trunc(size)).padStart(precision ?? 0, '0');
}

function positiveSign(flags: string): string {
  if (flags.includes('+')) return '+';
  return flags.includes(' ') ? ' ' : '';
}
