/** Certificates for a receiver that wants more than the system's: PEM texts. */
export interface OtlpTls {
  /** The authorities that may have signed the receiver's certificate. */
  readonly ca?: string;
  /** The certificate that the receiver gets to see, and its key. */
  readonly cert?: string;
  readonly key?: string;
}

/** An OTLP request, ready to be sent by POST. */
export interface OtlpRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly tls: OtlpTls;
}
