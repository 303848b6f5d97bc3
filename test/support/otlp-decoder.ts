import root from 'otlp-decoder/build/src/generated/root.js';

/** Reads one kind of request with upstream's generated decoder. */
export interface Decoder {
  decode(bytes: Uint8Array): object;
  fromObject(json: object): object;
  toObject(message: object, options: object): object;
}

const { trace, metrics, logs } = (
  root as unknown as {
    opentelemetry: {
      proto: {
        collector: {
          trace: { v1: { ExportTraceServiceRequest: Decoder } };
          metrics: { v1: { ExportMetricsServiceRequest: Decoder } };
          logs: { v1: { ExportLogsServiceRequest: Decoder } };
        };
      };
    };
  }
).opentelemetry.proto.collector;

/** The decoders of the three signals' requests. */
export const decoders: Readonly<Record<'traces' | 'metrics' | 'logs', Decoder>> = {
  traces: trace.v1.ExportTraceServiceRequest,
  metrics: metrics.v1.ExportMetricsServiceRequest,
  logs: logs.v1.ExportLogsServiceRequest,
};

/** In OTLP's JSON ids are written in hexadecimal; the decoder wants bytes. */
export const fromOtlpJson = (body: Uint8Array): object =>
  JSON.parse(Buffer.from(body).toString(), (key, value) =>
    /^(trace|span|parentSpan)Id$/.test(key) && typeof value === 'string' ? Buffer.from(value, 'hex') : value,
  );
