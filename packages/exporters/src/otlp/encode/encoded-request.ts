/** Items as one OTLP message. */
export interface EncodedRequest {
  /** The message in protocol buffers; empty when it holds no item. */
  readonly body: Uint8Array;
  /** How many items are in it. */
  readonly count: number;
  /** How many could not be encoded and were left out: a getter threw, or a value is circular. */
  readonly unencodable: number;
}
