/** A listener of the receiver. */
export interface Listener {
  readonly port: number;
  readonly wanted: number;
  readonly takenBy: string | null;
}

export interface Command {
  readonly index: number;
  readonly command: string;
  readonly pid: number | null;
  readonly state: 'running' | 'exited' | 'failed';
  readonly restarts: number;
  readonly exitCode: number | null;
  readonly signal: string | null;
}

export interface SignalCounts {
  readonly spans: number;
  readonly logs: number;
  readonly points: number;
}

/** Contents of the store and its bounds. */
interface StoreUsage {
  readonly file: string | null;
  readonly bytes: number;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  readonly oldest: number | null;
  readonly spans: number;
  readonly traces: number;
  readonly requests: number;
  readonly logs: number;
  readonly points: number;
  readonly exceptions: number;
  readonly errorGroups: number;
  readonly services: number;
  readonly evicted: SignalCounts;
  readonly rejected: SignalCounts;
  readonly discardedWhilePaused?: number | SignalCounts;
}

/** `GET /api/status` */
export interface Status {
  readonly version: string;
  readonly node: string;
  readonly startedAt: number;
  readonly now: number;
  readonly paused: boolean;
  readonly listeners: {
    readonly viewer: { readonly url: string; readonly port: number } | null;
    readonly http: Listener | null;
    readonly grpc: Listener | null;
  };
  readonly commands: readonly Command[];
  readonly store: StoreUsage;
  readonly forward: {
    readonly url: string;
    readonly sent: number;
    readonly failed: number;
    readonly lastError: string | null;
  } | null;
  readonly editor: string | null;
}

/** A request that has started and not ended. */
export interface OpenRequest {
  readonly traceId: string;
  readonly spanId: string;
  readonly service: string;
  readonly method: string | null;
  readonly route: string | null;
  readonly path: string | null;
  readonly name: string;
  readonly start: number;
  readonly elapsedMs: number;
  readonly spans: number;
}

/** `GET /api/requests/open` */
export interface OpenRequests {
  readonly count: number;
  readonly items: readonly OpenRequest[];
}

/** `POST /api/import` */
export interface ImportResult extends SignalCounts {
  readonly lines: number;
  readonly errors: readonly { readonly line: number; readonly detail: string }[];
}
