import type { AttemptOptions, SendOutcome } from '../queue/transport.ts';
import { OtlpExportError } from './export-error.ts';

/**
 * Runs one attempt within its budget.
 *
 * @param unref whether the process may exit during the attempt
 * @param run receives a signal that aborts at the end of the budget too; its reason is an `OtlpExportError`
 */
export async function withAttempt(
  { signal, timeoutMs }: AttemptOptions,
  unref: boolean,
  run: (signal: AbortSignal) => Promise<SendOutcome>,
): Promise<SendOutcome> {
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  const timeout = (): void =>
    controller.abort(new OtlpExportError('SONDE_OTLP_TIMEOUT', `timed out after ${timeoutMs} ms`));
  const timer = timeoutMs === Infinity ? undefined : setTimeout(timeout, timeoutMs);
  if (unref) timer?.unref();
  try {
    return await run(controller.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}
