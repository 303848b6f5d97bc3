import type { Instrumentation } from '@opentelemetry/instrumentation';
import { warnOnce } from '../diagnostics/notice.ts';

/** The first line of an error's message; some errors of loaders go on with a stack of `require`. */
export function reasonOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error).split('\n', 1)[0] ?? '';
  } catch {
    return 'unknown error';
  }
}

/**
 * Runs a step of instrumenting modules. A fault in it is reported once, and the application goes on without that step.
 *
 * @param subject what the step instruments, as the object of a sentence
 * @returns undefined after a fault
 */
export function guarded<Result>(subject: string, step: () => Result): Result | undefined {
  try {
    return step();
  } catch (error) {
    warnOnce('SONDE_NOT_INSTRUMENTED', subject, `failed to instrument ${subject}: ${reasonOf(error)}`);
    return undefined;
  }
}

/** {@link guarded} for all that is done with one instrumentation; even its name may be an accessor that throws. */
export function guardedFor<Result>(instrumentation: Instrumentation, step: () => Result): Result | undefined {
  let name = 'an instrumentation';
  try {
    name = instrumentation.instrumentationName;
  } catch {
    // The step reports its fault.
  }
  return guarded(`modules with ${name}`, step);
}
