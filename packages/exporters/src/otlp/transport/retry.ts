import { setTimeout as delay } from 'node:timers/promises';
import { OtlpExportError } from './export-error.ts';
import { type ExportResponse, type OtlpRequest, post, type SendOptions } from './http-transport.ts';

const INITIAL_BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 5000;
const BACKOFF_MULTIPLIER = 1.5;

/** How long a delivery may take, and what may end it. */
export interface RetryOptions extends Pick<SendOptions, 'agent' | 'unref'> {
  /** Milliseconds for all attempts together. */
  readonly timeoutMs: number;
  readonly controller: AbortController;
}

/**
 * Sends a request until it is accepted, refused for good, or the time is over. Never rejects.
 *
 * @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/#retry
 */
export async function sendWithRetry(request: OtlpRequest, delivering: RetryOptions): Promise<ExportResponse> {
  const { timeoutMs, controller, unref } = delivering;
  const { signal } = controller;
  const endMs = performance.now() + timeoutMs;
  let last: OtlpExportError | undefined;
  const timer = setTimeout(() => controller.abort(timedOut(timeoutMs, last)), timeoutMs);
  if (unref) timer.unref();
  try {
    let hasRetriedAtOnce = false;
    for (
      let backOffMs = INITIAL_BACKOFF_MS;
      ;
      backOffMs = Math.min(backOffMs * BACKOFF_MULTIPLIER, MAX_BACKOFF_MS)
    ) {
      signal.throwIfAborted();
      const outcome = await post(request, { ...delivering, signal });
      signal.throwIfAborted();
      if ('body' in outcome || outcome.retry === 'never') return outcome;
      last = outcome.error;
      if (outcome.retry === 'at once' && !hasRetriedAtOnce) {
        hasRetriedAtOnce = true;
        continue;
      }
      const jittered = backOffMs * (0.5 + Math.random());
      const waitMs = typeof outcome.retry === 'number' ? Math.max(outcome.retry, jittered) : jittered;
      if (performance.now() + waitMs >= endMs) return outcome;
      await delay(waitMs, undefined, { signal, ref: !unref });
    }
  } catch {
    return { error: signal.reason as OtlpExportError, retry: 'never' };
  } finally {
    clearTimeout(timer);
  }
}

function timedOut(timeoutMs: number, cause: OtlpExportError | undefined): OtlpExportError {
  const before = cause === undefined ? '' : `; before that: ${cause.message}`;
  return new OtlpExportError('SONDE_OTLP_TIMEOUT', `no answer within ${timeoutMs} ms${before}`, { cause });
}
