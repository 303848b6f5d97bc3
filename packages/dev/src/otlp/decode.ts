import type { Decoded, LogData, MetricData, Signal, SpanData } from './model.ts';
import { readJsonLogs, readJsonMetrics, readJsonTraces } from './json-requests.ts';
import { readLogs } from './protobuf-logs.ts';
import { readMetrics } from './protobuf-metrics.ts';
import { readTraces } from './protobuf-traces.ts';

/** The encodings of OTLP. */
export type Encoding = 'protobuf' | 'json';

/** A decoded request, and how many items of it are accepted. */
export type Request =
  | { readonly signal: 'traces'; readonly decoded: Decoded<SpanData>; readonly items: number }
  | { readonly signal: 'logs'; readonly decoded: Decoded<LogData>; readonly items: number }
  | { readonly signal: 'metrics'; readonly decoded: Decoded<MetricData>; readonly items: number };

function parse(body: Uint8Array): unknown {
  return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8'));
}

/** Decodes a request. @throws {RangeError | SyntaxError} for a body that is none */
export function decode(signal: Signal, encoding: Encoding, body: Uint8Array): Request {
  const isJson = encoding === 'json';
  if (signal === 'traces') {
    const decoded = isJson ? readJsonTraces(parse(body)) : readTraces(body);
    return { signal, decoded, items: decoded.groups.reduce((sum, { items }) => sum + items.length, 0) };
  }
  if (signal === 'logs') {
    const decoded = isJson ? readJsonLogs(parse(body)) : readLogs(body);
    return { signal, decoded, items: decoded.groups.reduce((sum, { items }) => sum + items.length, 0) };
  }
  const decoded = isJson ? readJsonMetrics(parse(body)) : readMetrics(body);
  const items = decoded.groups
    .flatMap((group) => group.items)
    .reduce((sum, { points }) => sum + points.length, 0);
  return { signal, decoded, items };
}
