import type { Encoding } from '../otlp/decode.ts';
import type { Signal } from '../otlp/model.ts';
import type { IngestResult } from '../store/writer.ts';

/** The names under which the responses count what was refused. */
const rejectedNames: Readonly<Record<Signal, string>> = {
  traces: 'rejectedSpans',
  logs: 'rejectedLogRecords',
  metrics: 'rejectedDataPoints',
};

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return [...bytes, rest];
}

/** A text field of protocol buffers. */
function textField(field: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([field * 8 + 2, ...varint(bytes.length)]), bytes]);
}

/** An `Export…ServiceResponse`: with a partial success where something was refused. */
export function successBody(signal: Signal, encoding: Encoding, { rejected, reason }: IngestResult): Buffer {
  if (rejected === 0) return Buffer.from(encoding === 'json' ? '{}' : '');
  if (encoding === 'json') {
    const partialSuccess = { [rejectedNames[signal]]: String(rejected), errorMessage: reason };
    return Buffer.from(JSON.stringify({ partialSuccess }));
  }
  const partial = Buffer.concat([Buffer.from([8, ...varint(rejected)]), textField(2, reason)]);
  return Buffer.concat([Buffer.from([10, ...varint(partial.length)]), partial]);
}

/** A `google.rpc.Status`. */
export function errorBody(encoding: Encoding, code: number, message: string): Buffer {
  if (encoding === 'json') return Buffer.from(JSON.stringify({ code, message }));
  return Buffer.concat([Buffer.from([8, ...varint(code)]), textField(2, message)]);
}
