/** How the telemetry of a program is set up, and what its clients send. */
export interface Column {
  readonly name: 'discarded' | 'otlp' | 'prometheus' | 'one-percent' | 'traceparent';
  readonly title: string;
  readonly to: 'discarded' | 'otlp' | 'prometheus';
  readonly ratio: number;
  /** Clients send a `traceparent`, another one with each request. */
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
