import type { Instrumentation } from '@opentelemetry/instrumentation';
import { warnOnce } from '../diagnostics/notice.ts';

/** Returns the first line of an error message: some errors of module loaders append the stack of `require`. */
export function firstLine(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error).split('\n', 1)[0] ?? '';
  } catch {
    return 'unknown error';
  }
}

/**
 * Runs a step of the instrumentation of modules. An error is reported once, and the step is skipped.
 *
 * @param subject the instrumented module, for the message
 * @returns undefined after an error
 */
export function guarded<Result>(subject: string, step: () => Result): Result | undefined {
  try {
    return step();
  } catch (error) {
    warnOnce('SONDE_NOT_INSTRUMENTED', subject, `failed to instrument ${subject}: ${firstLine(error)}`);
    return undefined;
  }
}

/** {@link guarded} for a step of one instrumentation, whose name may be an accessor that throws. */
export function guardedFor<Result>(instrumentation: Instrumentation, step: () => Result): Result | undefined {
  let name = 'an instrumentation';
  try {
    name = instrumentation.instrumentationName;
  } catch {
    // The step reports the error.
  }
  return guarded(`modules with ${name}`, step);
}
