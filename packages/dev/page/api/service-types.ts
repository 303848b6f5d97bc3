import type { SignalCounts } from './session-types.ts';

export interface Instance {
  readonly id: string;
  readonly host: string | null;
  readonly pid: number | null;
  readonly lastSeen: number;
  readonly requests: number;
  readonly rate: number;
  readonly errorRatio: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}

export interface Service {
  readonly name: string;
  readonly version: string | null;
  readonly language: string | null;
  readonly sdk: string | null;
  readonly distro: string | null;
  readonly requests: number;
  readonly rate: number;
  readonly errorRatio: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly spans: number;
  readonly logs: number;
  readonly lastSeen: number;
  readonly signals: { readonly traces: boolean; readonly logs: boolean; readonly metrics: boolean };
  readonly instances: readonly Instance[];
}

export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly kind: string;
  readonly count: number;
  readonly errors: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly external: boolean;
}

/** `GET /api/services` */
export interface Services {
  readonly services: readonly Service[];
  readonly edges: readonly Edge[];
  readonly externals: readonly { readonly name: string; readonly kind: string }[];
}

interface Queue {
  readonly size: number | null;
  readonly capacity: number | null;
}

/** How the telemetry of one process fares. */
export interface InstanceHealth {
  readonly service: string;
  readonly instance: string;
  readonly lastSeen: number;
  readonly sdk: Readonly<Record<'name' | 'version' | 'language' | 'distro', string | null>>;
  readonly metrics: readonly {
    readonly name: string;
    readonly unit: string;
    readonly attributes: Readonly<Record<string, unknown>>;
    readonly value: number | null;
    readonly ratePerSecond: number | null;
  }[];
  readonly exported: SignalCounts | null;
  readonly failed: SignalCounts | null;
  readonly dropped: { readonly spans: number; readonly logs: number } | null;
  readonly queue: { readonly spans: Queue | null; readonly logs: Queue | null } | null;
  readonly scopes: readonly {
    readonly name: string;
    readonly version: string | null;
    readonly spans: number;
    readonly logs: number;
    readonly instruments: number;
    readonly lastSeen: number;
  }[];
  /** Loaded packages for which an instrumentation exists; null when the process does not report them. */
  readonly packages:
    | readonly {
        readonly name: string;
        readonly version: string | null;
        readonly instrumentation: string;
        readonly isInstrumented: boolean;
      }[]
    | null;
  readonly findings: readonly {
    readonly code: string;
    readonly severity: string;
    readonly text: string;
    readonly fix: string | null;
  }[];
}

interface ProtocolHealth {
  readonly requests: number;
  readonly errors: number;
  readonly lastError: { readonly time: number; readonly detail: string } | null;
}

/** `GET /api/health` */
export interface Health {
  readonly instances: readonly InstanceHealth[];
  readonly receiver: {
    readonly http: ProtocolHealth;
    readonly grpc: ProtocolHealth;
    readonly received: SignalCounts;
    readonly rejected: SignalCounts;
  };
}
