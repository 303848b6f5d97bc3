/** A value of an attribute: OTLP's any value as JSON. */
export type AttributeValue =
  | string
  | number
  | boolean
  | null
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue };

export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface Resource {
  readonly service: string;
  readonly instance: string;
  readonly attributes: Attributes;
}

export type Resources = Readonly<Record<string, Resource>>;

export interface Page<T> {
  readonly items: readonly T[];
  readonly more: boolean;
  readonly resources?: Resources;
}

/** A route with its figures. */
export interface Route {
  readonly key: string;
  readonly service: string;
  readonly method: string | null;
  readonly route: string;
  readonly kind: string;
  readonly count: number;
  readonly rate: number;
  readonly errors: number;
  readonly errorRatio: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  readonly maxMs: number | null;
  readonly open: number;
  readonly lastSeen: number;
  readonly sparkline: {
    readonly counts: readonly number[];
    readonly errors: readonly number[];
    readonly p95Ms: readonly (number | null)[];
  };
  readonly query: string;
}

/** `GET /api/routes` */
export interface Routes {
  readonly windowMs: number;
  readonly from: number;
  readonly to: number;
  readonly bucketMs: number;
  readonly items: readonly Route[];
}

/** An entry span. */
export interface RequestItem {
  readonly id: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly service: string;
  readonly kind: string;
  readonly method: string | null;
  readonly route: string | null;
  readonly path: string | null;
  readonly name: string;
  readonly statusCode: number | null;
  readonly error: boolean;
  readonly start: number;
  readonly durationMs: number;
  readonly spans: number;
  readonly services: number;
  readonly logs: number;
  readonly exceptions: number;
}

/** A trace of the list. */
export interface TraceItem {
  readonly id: number;
  readonly traceId: string;
  readonly name: string;
  readonly service: string;
  readonly method: string | null;
  readonly route: string | null;
  readonly statusCode: number | null;
  readonly error: boolean;
  readonly start: number;
  readonly durationMs: number;
  readonly spans: number;
  readonly logs: number;
  readonly services: readonly string[];
}
