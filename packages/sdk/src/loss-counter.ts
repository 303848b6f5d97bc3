/**
 * What a provider does where upstream's throws into the application, or drops something without a count. A provider
 * without one behaves as upstream's does.
 */
export interface Guard {
  /** Counts a span, log record or event that was lost to an error. */
  lost(error: unknown): void;
  /** Counts attributes that were dropped. */
  dropped(count: number): void;
}
