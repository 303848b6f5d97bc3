import { diag, logs } from '@opentelemetry/api';
import { ATTR_EXCEPTION_MESSAGE, ATTR_EXCEPTION_TYPE } from '@opentelemetry/semantic-conventions';

import { severityByLevel, severityText } from '../api/level.ts';
import { exceptionAttributes, errorText } from '@sonde/sdk';

/** Node prints warnings itself, and goes on to do so: the record goes through the pipeline, not to the console. */
function record(warning: Error): void {
  try {
    const attributes = exceptionAttributes(warning);
    const name = nameOf(warning) ?? String(attributes[ATTR_EXCEPTION_TYPE]);
    logs.getLogger('node.warning').emit({
      severityNumber: severityByLevel.warn,
      severityText: severityText.warn,
      body: `${name}: ${String(attributes[ATTR_EXCEPTION_MESSAGE])}`,
      attributes,
    });
  } catch (fault) {
    diag.error('A warning could not be recorded', errorText(fault));
  }
}

/** The name that Node.js prints, such as `DeprecationWarning`; undefined if it cannot be read. */
function nameOf(warning: Error): string | undefined {
  try {
    const { name }: { name: unknown } = warning;
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  }
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
