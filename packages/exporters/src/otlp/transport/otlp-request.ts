/** PEM certificates and keys of a connection. */
export interface OtlpTls {
  /** The trusted certificate authorities. */
  readonly ca?: string;
  /** The client certificate; `key` is its private key. */
  readonly cert?: string;
  readonly key?: string;
}

/** A gRPC call as data, which another thread makes with the same library. */
interface GrpcCall {
  /** The file of `@grpc/grpc-js`. */
  readonly modulePath: string;
  readonly target: string;
  /** Options of the channel, such as proxy settings. */
  readonly channelOptions: Readonly<Record<string, string | number>>;
  readonly isSecure: boolean;
  /** The path of the method: `/opentelemetry.proto.collector.trace.v1.TraceService/Export`. */
  readonly method: string;
  readonly userAgent: string;
}

/** An OTLP request over HTTP, sent with POST, or over gRPC. */
export interface OtlpRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly tls: OtlpTls;
  /** Options of the agent, such as proxy settings, which can be cloned for another thread. */
  readonly agentOptions?: Readonly<Record<string, unknown>>;
  /** The gRPC call that replaces the POST request; `headers` is its metadata. */
  readonly grpc?: GrpcCall;
}
