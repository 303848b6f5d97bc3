import { logs } from '@opentelemetry/api';
import { exceptionAttributes } from './exception.ts';
import { severityOf, severityText } from './level.ts';

/** Node prints warnings itself, and goes on to do so: the record goes through the pipeline, not to the console. */
function record(warning: Error): void {
  logs.getLogger('node.warning').emit({
    severityNumber: severityOf.warn,
    severityText: severityText.warn,
    body: `${warning.name}: ${warning.message}`,
    attributes: exceptionAttributes(warning),
  });
}

/**
 * Makes a log record of each warning that Node emits, such as a deprecation.
 *
 * @returns stops it
 * @see https://nodejs.org/api/process.html#event-warning
 */
export function recordWarnings(): () => void {
  process.on('warning', record);
  return () => process.off('warning', record);
}
