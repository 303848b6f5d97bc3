/**
 * Whether a request is sent again after a status:
 *
 * - `retryable`: until it is accepted
 * - `limited`: for a limited time
 * - `too-large`: in smaller parts
 * - `permanent`: never
 */
export type StatusClass = 'retryable' | 'limited' | 'too-large' | 'permanent';

/**
 * The statuses that are not permanent failures. All others are, 500 included: the specification forbids to retry them,
 * because the receiver would refuse the request again.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#failures-1
 */
const statusClasses: Readonly<Record<number, StatusClass>> = {
  // The receiver refuses the credentials, which passes when they are renewed.
  401: 'limited',
  403: 'limited',
  // RFC 9110: the server closes a connection on which no complete request arrived, so that it has processed none.
  408: 'retryable',
  // The batch is too large for the receiver; its parts need not be.
  413: 'too-large',
  // The four that the OTLP specification lists.
  429: 'retryable',
  502: 'retryable',
  503: 'retryable',
  504: 'retryable',
};

/** How a status other than 2xx is treated. */
export function classifyStatus(statusCode: number): StatusClass {
  return statusClasses[statusCode] ?? 'permanent';
}

/**
 * Parses a `Retry-After` header, in seconds or as a date, into milliseconds; undefined if it is absent or invalid. A date in
 * the past is 0.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function parseRetryAfterMs(
  header: string | undefined,
  nowMs: number = Date.now(),
): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Number(text) * 1000, Number.MAX_SAFE_INTEGER);
  // A date names its month; `Date.parse` accepts much that is neither, such as '-1'.
  const dateMs = /[a-z]{3}/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}
