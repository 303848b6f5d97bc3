/**
 * The handling of a request after a status:
 *
 * - `retryable`: retried until it is accepted
 * - `unauthorized`: retried for a limited time
 * - `too-large`: sent in smaller parts
 * - `permanent`: dropped
 */
export type StatusClass = 'retryable' | 'unauthorized' | 'too-large' | 'permanent';

/**
 * The statuses that are not permanent failures. The specification forbids retries after all others, including 500, because
 * the receiver would reject the request again.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#failures-1
 */
const statusClasses: Readonly<Record<number, StatusClass>> = {
  // The receiver rejects the credentials, which may be renewed.
  401: 'unauthorized',
  403: 'unauthorized',
  // RFC 9110: the server received no complete request, so it has processed none.
  408: 'retryable',
  // Smaller parts of the request may be accepted.
  413: 'too-large',
  // The retryable statuses of the OTLP specification.
  429: 'retryable',
  502: 'retryable',
  503: 'retryable',
  504: 'retryable',
};

/** Classifies a status other than 2xx. */
export function classifyStatus(statusCode: number): StatusClass {
  return statusClasses[statusCode] ?? 'permanent';
}

/**
 * Parses a `Retry-After` header, in seconds or as a date, into milliseconds; 0 for a date in the past, undefined if it is
 * absent or invalid.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function parseRetryAfterMs(
  header: string | undefined,
  nowMs: number = Date.now(),
): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Number(text) * 1000, Number.MAX_SAFE_INTEGER);
  // A valid date contains the name of a month; `Date.parse` also accepts other text, such as '-1'.
  const dateMs = /[a-z]{3}/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}
