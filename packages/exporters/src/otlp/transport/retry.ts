import { setTimeout as delay } from 'node:timers/promises';
import { OtlpExportError } from './export-error.ts';
import { interpretAnswer, post as postOnce, type PostOptions } from './http-transport.ts';
import type { OtlpRequest } from './otlp-request.ts';

const INITIAL_BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 5000;
const BACKOFF_MULTIPLIER = 1.5;

/** The response to an accepted request, or the error. */
export type ExportResponse =
  | { readonly body: Buffer; readonly contentType: string }
  | { readonly error: OtlpExportError; readonly retry: 'never' | 'immediately' | 'backoff' | number };

async function post(request: OtlpRequest, options: PostOptions): Promise<ExportResponse> {
  const result = await postOnce(request, options);
  if ('error' in result) {
    const { error, isInvalid, isStale } = result;
    return { error, retry: isInvalid ? 'never' : isStale ? 'immediately' : 'backoff' };
  }
  const outcome = interpretAnswer(result.answer);
  if (outcome.status === 'accepted') {
    const { body, headers } = result.answer;
    return {
      body: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
      contentType: String(headers['content-type'] ?? ''),
    };
  }
  const { error } = outcome;
  if (outcome.status !== 'retryable' || outcome.isLimited === true) return { error, retry: 'never' };
  return { error, retry: outcome.retryAfterMs ?? 'backoff' };
}

/** Options for sending a request with retries. */
export interface RetryOptions extends Pick<PostOptions, 'agent' | 'unref'> {
  /** Timeout of all attempts together, in milliseconds. */
  readonly timeoutMs: number;
  readonly controller: AbortController;
}

/**
 * Sends a request until it is accepted, permanently rejected, or the timeout expires. Never rejects.
 *
 * @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/#retry
 */
export async function sendWithRetry(request: OtlpRequest, options: RetryOptions): Promise<ExportResponse> {
  const { timeoutMs, controller, unref } = options;
  const { signal } = controller;
  const endMs = performance.now() + timeoutMs;
  let lastError: OtlpExportError | undefined;
  const abort = (): void => controller.abort(timedOut(timeoutMs, lastError));
  const timer = timeoutMs === Infinity ? undefined : setTimeout(abort, timeoutMs);
  if (unref) timer?.unref();
  try {
    let hasRetriedImmediately = false;
    for (
      let backOffMs = INITIAL_BACKOFF_MS;
      ;
      backOffMs = Math.min(backOffMs * BACKOFF_MULTIPLIER, MAX_BACKOFF_MS)
    ) {
      signal.throwIfAborted();
      const response = await post(request, { ...options, signal });
      signal.throwIfAborted();
      if ('body' in response || response.retry === 'never') return response;
      lastError = response.error;
      if (response.retry === 'immediately' && !hasRetriedImmediately) {
        hasRetriedImmediately = true;
        continue;
      }
      const jittered = backOffMs * (0.5 + Math.random());
      const waitMs = typeof response.retry === 'number' ? Math.max(response.retry, jittered) : jittered;
      if (performance.now() + waitMs >= endMs) return response;
      await delay(waitMs, undefined, { signal, ref: !unref });
    }
  } catch {
    return { error: signal.reason as OtlpExportError, retry: 'never' };
  } finally {
    clearTimeout(timer);
  }
}

function timedOut(timeoutMs: number, cause: OtlpExportError | undefined): OtlpExportError {
  const lastAttempt = cause === undefined ? '' : `; last attempt: ${cause.message}`;
  return new OtlpExportError('SONDE_OTLP_TIMEOUT', `timed out after ${timeoutMs} ms${lastAttempt}`, {
    cause,
  });
}
