import type { Encoding } from '../otlp/decode.ts';
import type { Signal } from '../otlp/model.ts';
import type { IngestResult } from '../store/writer.ts';

/** Receives a decoded request: the store, or a listener before it. Rejects for an invalid body. */
type Ingest = (signal: Signal, encoding: Encoding, body: Uint8Array<ArrayBuffer>) => Promise<IngestResult>;

/** The part of the session that receivers use. */
export interface Intake {
  readonly ingest: Ingest;
  /** Whether senders have to wait. */
  readonly isBusy: () => boolean;
  /** Takes a snapshot of the open spans of a process: OTLP's JSON. */
  readonly receiveOpenSpans: (body: Uint8Array) => void;
  /** Takes the report of a process on the packages that it has loaded. */
  readonly receivePackages: (body: Uint8Array) => void;
  /** Takes the report of a process that it has started. */
  readonly receiveProcess: (body: Uint8Array) => void;
}
