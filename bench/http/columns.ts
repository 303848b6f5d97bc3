/** Telemetry setup of a program, and the headers of its clients. */
export interface Column {
  readonly name: 'discarded' | 'otlp' | 'prometheus' | 'one-percent' | 'traceparent';
  readonly title: string;
  readonly to: 'discarded' | 'otlp' | 'prometheus';
  readonly ratio: number;
  /** Clients send a different `traceparent` with each request. */
  readonly hasParent: boolean;
}

/** The columns of the tables. */
export const columns: readonly Column[] = [
  { name: 'discarded', title: 'discarded', to: 'discarded', ratio: 1, hasParent: false },
  { name: 'otlp', title: 'OTLP', to: 'otlp', ratio: 1, hasParent: false },
  { name: 'one-percent', title: '1 % sampled', to: 'discarded', ratio: 0.01, hasParent: false },
  { name: 'prometheus', title: 'Prometheus + console', to: 'prometheus', ratio: 1, hasParent: false },
  { name: 'traceparent', title: 'with traceparent', to: 'discarded', ratio: 1, hasParent: true },
];
