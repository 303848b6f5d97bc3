/** PEM certificates and keys in addition to the system's. */
export interface OtlpTls {
  /** The certificate authorities to trust. */
  readonly ca?: string;
  /** The client certificate, and its key. */
  readonly cert?: string;
  readonly key?: string;
}

/** A call over gRPC, as data: another thread makes it with the same library. */
interface GrpcCall {
  /** The file of `@grpc/grpc-js`. */
  readonly modulePath: string;
  readonly target: string;
  readonly isSecure: boolean;
  /** The path of the method: `/opentelemetry.proto.collector.trace.v1.TraceService/Export`. */
  readonly method: string;
  readonly userAgent: string;
}

/** An OTLP request: over HTTP, to be sent with POST, or over gRPC. */
export interface OtlpRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly tls: OtlpTls;
  /** Options for the agent of the connection, as data that can pass to another thread: the proxies. */
  readonly agentOptions?: Readonly<Record<string, unknown>>;
  /** The call to make in place of a POST. Then the headers are its metadata. */
  readonly grpc?: GrpcCall;
}
