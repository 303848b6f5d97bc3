import { createRequire } from 'node:module';
import type * as serializersModule from '@opentelemetry/otlp-transformer';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Leftover } from '../exit/last-export.ts';
import type { OtlpProtocol } from '../options.ts';
import { type Flow, flows } from '../report/flow.ts';
import type { Signal } from './otlp-endpoint.ts';
import { otlpRequest } from './otlp-request.ts';
import { countPoints } from './otlp.ts';

const require = createRequire(import.meta.url);
const maxItems = 2048;

type Serializers = typeof serializersModule;
type Serialize<T> = (
  of: Serializers,
  json: boolean,
) => { serializeRequest(items: T): Uint8Array | undefined };

/** One OTLP request as a part of what is left. gRPC has no request that could be sent without an event loop. */
function leftover<T>(
  signal: Signal,
  protocol: OtlpProtocol,
  { flow, count }: { flow: Flow; count: number },
  serialize: Serialize<T>,
  content: T,
): Leftover {
  if (protocol === 'grpc') return { flow, count, request: undefined };
  const json = protocol === 'http/json';
  const serializers = require('@opentelemetry/otlp-transformer') as Serializers;
  const body = serialize(serializers, json).serializeRequest(content);
  const contentType = json ? 'application/json' : 'application/x-protobuf';
  return { flow, count, request: body && otlpRequest(signal, body, contentType) };
}

/** Pieces of a size that any Collector accepts in one request. */
function pieces<T>(items: readonly T[]): T[][] {
  const count = Math.ceil(items.length / maxItems);
  return Array.from({ length: count }, (_each, index) =>
    items.slice(index * maxItems, (index + 1) * maxItems),
  );
}

/** Spans that are left, as OTLP requests. */
export function otlpSpans(protocol: OtlpProtocol, spans: readonly ReadableSpan[]): Leftover[] {
  return pieces(spans).map((piece) =>
    leftover<ReadableSpan[]>(
      'traces',
      protocol,
      { flow: flows.spans, count: piece.length },
      (of, json) => (json ? of.JsonTraceSerializer : of.ProtobufTraceSerializer),
      piece,
    ),
  );
}

/** Log records that are left, as OTLP requests. */
export function otlpLogs(protocol: OtlpProtocol, records: readonly ReadableLogRecord[]): Leftover[] {
  return pieces(records).map((piece) =>
    leftover<ReadableLogRecord[]>(
      'logs',
      protocol,
      { flow: flows.records, count: piece.length },
      (of, json) => (json ? of.JsonLogsSerializer : of.ProtobufLogsSerializer),
      piece,
    ),
  );
}

/** Metrics that are left, as an OTLP request. */
export function otlpMetrics(protocol: OtlpProtocol, collected: ResourceMetrics): Leftover[] {
  const count = countPoints(collected);
  if (count === 0) return [];
  return [
    leftover<ResourceMetrics>(
      'metrics',
      protocol,
      { flow: flows.points, count },
      (of, json) => (json ? of.JsonMetricsSerializer : of.ProtobufMetricsSerializer),
      collected,
    ),
  ];
}

/** Gives an exporter of the user's own what is left; one that works at once, such as into a file, still manages. */
export function handOver<T>(
  exporter: { export(batch: T[], done: () => void): void },
  left: T[],
): readonly Leftover[] {
  if (left.length > 0) exporter.export(left, () => {});
  return [];
}
