/** Contents and bounds of a store: the `store` of the API's status. */
export interface StoreUsage {
  /** The path of the file that is kept; null for a temporary one. */
  readonly file: string | null;
  readonly bytes: number;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  /** When the oldest trace or log record began; null while there is none. */
  readonly oldest: number | null;
  readonly spans: number;
  readonly traces: number;
  readonly requests: number;
  readonly logs: number;
  readonly points: number;
  readonly exceptions: number;
  readonly errorGroups: number;
  readonly services: number;
  readonly evicted: Amounts;
  readonly rejected: Amounts;
  readonly discardedWhilePaused: Amounts;
}

export interface Amounts {
  readonly spans: number;
  readonly logs: number;
  readonly points: number;
}

/** Items stored since the last event. */
export interface Change {
  readonly spans: number;
  readonly requests: number;
  readonly logs: number;
  readonly points: number;
  readonly exceptions: number;
  readonly lastRequestId: number;
  readonly lastLogId: number;
  /** The traces that were touched; null when they are many. */
  readonly traceIds: readonly string[] | null;
  readonly services: readonly string[];
  readonly store: StoreUsage;
}

/** Items evicted by the bounds. */
export interface Evicted extends Amounts {
  readonly oldest: number | null;
}
