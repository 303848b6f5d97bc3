/** One export request that a program sent. */
interface ExportRequest {
  readonly url: string;
  /** 0 when there was no answer. */
  readonly status: number;
  readonly error: string;
}

/** The report of one thread of the program at its end. */
export interface ThreadReport {
  /** `app.js`, or `worker thread 1 of app.js`. */
  readonly name: string;
  /** The signals that have a provider. */
  readonly providers: readonly string[];
  /** Calls of the API. */
  readonly made: { readonly spans: number; readonly logs: number; readonly points: number };
  readonly exports: readonly ExportRequest[];
  readonly unsampledParents: number;
}

/** The telemetry that arrived at the receiver of the doctor. */
export interface Received {
  requests: number;
  spans: number;
  logs: number;
  points: number;
  /** Paths of server spans. */
  readonly paths: Set<string>;
  /** Names of root spans that were made during a request. */
  orphans: string[];
}

/** A program that ran under the doctor. */
export interface RunReport {
  readonly command: string;
  readonly ending: { readonly code: number | null; readonly signal: NodeJS.Signals | null };
  readonly threads: readonly ThreadReport[];
  readonly received: Received;
  /** Spans that another receiver accepted; their number is unknown, so they excuse every loss. */
  readonly elsewhere: number;
  readonly requests: readonly { readonly path: string; readonly status: number }[];
  /** Warnings of `@sonde/otel`, with their codes. */
  readonly notices: readonly { readonly code: string; readonly message: string }[];
}
