/** A signal, named as in OTLP paths and environment variables. */
export type OtlpSignal = 'traces' | 'metrics' | 'logs';
