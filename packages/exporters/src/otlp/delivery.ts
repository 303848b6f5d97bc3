import { setTimeout as delay } from 'node:timers/promises';
import { OtlpExportError } from './export-error.ts';
import { type Outcome, post, type Sending } from './post.ts';
import type { OtlpRequest } from './request.ts';

const firstBackOffMs = 1000;
const longestBackOffMs = 5000;
const growth = 1.5;

/** How long a delivery may take, and what may end it. */
export interface Delivering extends Pick<Sending, 'agent' | 'isUnref'> {
  /** Milliseconds for all attempts together. */
  readonly timeoutMs: number;
  readonly controller: AbortController;
}

/**
 * Sends a request until it is accepted, refused for good, or the time is over. Never rejects.
 *
 * @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/#retry
 */
export async function deliver(request: OtlpRequest, delivering: Delivering): Promise<Outcome> {
  const { timeoutMs, controller, isUnref } = delivering;
  const { signal } = controller;
  const endMs = performance.now() + timeoutMs;
  let last: OtlpExportError | undefined;
  const timer = setTimeout(() => controller.abort(timedOut(timeoutMs, last)), timeoutMs);
  if (isUnref) timer.unref();
  try {
    let hasRetriedAtOnce = false;
    for (let backOffMs = firstBackOffMs; ; backOffMs = Math.min(backOffMs * growth, longestBackOffMs)) {
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
      await delay(waitMs, undefined, { signal, ref: !isUnref });
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
