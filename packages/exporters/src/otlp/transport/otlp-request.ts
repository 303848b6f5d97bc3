/** PEM certificates and keys in addition to the system's. */
export interface OtlpTls {
  /** The certificate authorities to trust. */
  readonly ca?: string;
  /** The client certificate, and its key. */
  readonly cert?: string;
  readonly key?: string;
}

/** An OTLP/HTTP request, to be sent with POST. */
export interface OtlpRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly tls: OtlpTls;
  /** Options for the agent of the connection, as data that can pass to another thread: the proxies. */
  readonly agentOptions?: Readonly<Record<string, unknown>>;
}
