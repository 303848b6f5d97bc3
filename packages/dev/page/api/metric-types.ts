import type { Attributes } from './request-types.ts';

export interface Instrument {
  readonly id: number;
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly type: 'gauge' | 'sum' | 'histogram' | 'exponentialHistogram' | 'summary';
  readonly temporality: string | null;
  readonly monotonic: boolean;
  readonly prometheusName: string;
  readonly scope: string;
  readonly services: readonly string[];
  readonly series: number;
  readonly attributes: readonly { readonly key: string; readonly values: number }[];
  readonly exemplars: number;
  readonly lastTime: number;
  readonly last: number | null;
  readonly conflict: string | null;
}

export interface Point {
  readonly time: number;
  readonly value?: number | null;
  readonly rate?: number | null;
  readonly count?: number | null;
  readonly sum?: number | null;
  readonly mean?: number | null;
  readonly p50?: number | null;
  readonly p95?: number | null;
  readonly p99?: number | null;
  readonly max?: number | null;
}

export interface Series {
  readonly key: string;
  readonly attributes: Attributes;
  readonly service: string | null;
  readonly instance: string | null;
  readonly points: readonly Point[];
}

export interface Exemplar {
  readonly time: number;
  readonly value: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly series: string;
}

export interface HeatMapData {
  readonly bounds: readonly number[];
  readonly times: readonly number[];
  readonly counts: readonly (readonly number[])[];
}

/** `GET /api/metrics/:id` */
export interface InstrumentData {
  readonly name: string;
  readonly unit: string;
  readonly type: Instrument['type'];
  readonly monotonic: boolean;
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
  readonly more: boolean;
  readonly series: readonly Series[];
  readonly exemplars: readonly Exemplar[];
  readonly heatmap?: HeatMapData | null;
}
