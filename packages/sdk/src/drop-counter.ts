/**
 * Counts dropped data. A provider with a counter catches errors that upstream's would throw into the application; one
 * without it behaves as upstream's does.
 */
export interface DropCounter {
  /** Counts a span or log record that was dropped because of an error. */
  countItem(error: unknown): void;
  /** Counts attributes that were dropped. */
  countAttributes(count: number): void;
}
