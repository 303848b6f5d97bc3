/** What makes spans and log records: upstream's SDK, or classes that feed the same processors for less. */
export type EngineName = 'standard' | 'lean';
