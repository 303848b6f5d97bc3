/** What makes spans, log records and metrics: classes that feed the same processors for less, or upstream's SDK. */
export type EngineName = 'lean' | 'standard';
