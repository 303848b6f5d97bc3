import { diag, logs } from '@opentelemetry/api';
import { ATTR_EXCEPTION_MESSAGE, ATTR_EXCEPTION_TYPE } from '@opentelemetry/semantic-conventions';

import { severityByLevel, severityText } from '../api/level.ts';
import { exceptionAttributes, errorText } from '@sonde/sdk';

/** Emits a record that is exported but not printed, because Node.js prints warnings itself. */
function record(warning: Error): void {
  try {
    const attributes = exceptionAttributes(warning);
    const name = warningName(warning) ?? String(attributes[ATTR_EXCEPTION_TYPE]);
    logs.getLogger('node.warning').emit({
      severityNumber: severityByLevel.warn,
      severityText: severityText.warn,
      body: `${name}: ${String(attributes[ATTR_EXCEPTION_MESSAGE])}`,
      attributes,
    });
  } catch (fault) {
    diag.error('failed to emit a log record for a process warning', errorText(fault));
  }
}

/** The name of a warning, such as `DeprecationWarning`; undefined if it cannot be read. */
function warningName(warning: Error): string | undefined {
  try {
    const { name }: { name: unknown } = warning;
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Emits a log record for each process warning, such as a deprecation.
 *
 * @returns removes the listener
 * @see https://nodejs.org/api/process.html#event-warning
 */
export function recordWarnings(): () => void {
  process.on('warning', record);
  return () => process.off('warning', record);
}
