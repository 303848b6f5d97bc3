import type { Attributes } from './request-types.ts';
import type { Exception } from './trace-types.ts';

/** Exceptions of one fingerprint. */
export interface ErrorGroup {
  readonly fingerprint: string;
  readonly type: string;
  readonly message: string;
  readonly count: number;
  readonly traces: number;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly services: readonly string[];
  readonly routes: readonly string[];
  readonly culprit: {
    readonly function: string | null;
    readonly file: string | null;
    readonly line: number | null;
    readonly column: number | null;
  } | null;
  readonly lastTraceId: string | null;
  readonly lastSpanId: string | null;
  readonly sparkline: readonly number[];
  readonly handled: boolean;
}

/** `GET /api/errors/:fingerprint` */
export interface ErrorGroupDetails extends ErrorGroup {
  readonly occurrences: readonly {
    readonly id: number;
    readonly time: number;
    readonly traceId: string | null;
    readonly spanId: string | null;
    readonly service: string;
    readonly route: string | null;
    readonly message: string;
    readonly attributes?: Attributes;
  }[];
  readonly exception: Exception | null;
}

/** `GET /api/source` */
export interface SourceLines {
  readonly file: string;
  readonly line: number;
  readonly from: number;
  readonly lines: readonly string[];
}
