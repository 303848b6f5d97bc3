import { diag, logs, SeverityNumber } from '@opentelemetry/api';
import { exceptionAttributes, errorText } from '@sonde/sdk';

/**
 * Records the error that ends the process as a FATAL log record, in the context in which it was thrown. The error is not
 * caught, so Node.js prints it and sets the exit code. Errors that the application handles are not recorded.
 *
 * @returns a function that removes the listener
 */
export function recordCrash(): () => void {
  process.on('uncaughtExceptionMonitor', record);
  return () => process.off('uncaughtExceptionMonitor', record);
}

/** Records a crash. Never throws, because an error would replace that of the application and change the exit code to 7. */
function record(error: unknown, origin: NodeJS.UncaughtExceptionOrigin): void {
  try {
    if (isHandled()) return;
    const attributes = exceptionAttributes(error);
    logs.getLogger('@sonde/otel').emit({
      severityNumber: SeverityNumber.FATAL,
      severityText: 'FATAL',
      eventName: 'sonde.crash',
      body: `${origin === 'unhandledRejection' ? 'Unhandled rejection' : 'Uncaught exception'}: ${String(attributes['exception.message'])}`,
      attributes,
    });
  } catch (fault) {
    diag.error('Failed to record the crash', errorText(fault));
  }
}

function isHandled(): boolean {
  return process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback();
}
