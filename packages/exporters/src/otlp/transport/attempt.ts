import type { AttemptOptions, SendOutcome } from '../queue/transport.ts';
import { OtlpExportError } from './export-error.ts';

/**
 * Runs one attempt with a timeout.
 *
 * @param unref whether the process may exit during the attempt
 * @param run receives a signal that aborts at the timeout or with `abortSignal`; its reason is an `OtlpExportError`
 */
export async function withAttempt(
  { abortSignal, timeoutMs }: AttemptOptions,
  unref: boolean,
  run: (signal: AbortSignal) => Promise<SendOutcome>,
): Promise<SendOutcome> {
  const controller = new AbortController();
  const abort = (): void => controller.abort(abortSignal.reason);
  if (abortSignal.aborted) abort();
  else abortSignal.addEventListener('abort', abort, { once: true });
  const timeout = (): void =>
    controller.abort(new OtlpExportError('SONDE_OTLP_TIMEOUT', `timed out after ${timeoutMs} ms`));
  const timer = timeoutMs === Infinity ? undefined : setTimeout(timeout, timeoutMs);
  if (unref) timer?.unref();
  try {
    return await run(controller.signal);
  } finally {
    clearTimeout(timer);
    abortSignal.removeEventListener('abort', abort);
  }
}
