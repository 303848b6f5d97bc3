import { logs, SeverityNumber } from '@opentelemetry/api';
import { exceptionAttributes } from '../logs/exception.ts';

/**
 * Records the error that ends the process as a FATAL log record, in the context in which it was thrown. It only
 * looks: nothing is caught, and Node prints the error and sets the exit code as always. An error that the
 * application handles itself is no crash.
 *
 * @returns stops looking
 */
export function recordCrash(): () => void {
  process.on('uncaughtExceptionMonitor', record);
  return () => process.off('uncaughtExceptionMonitor', record);
}

function record(error: unknown, origin: NodeJS.UncaughtExceptionOrigin): void {
  if (process.listenerCount('uncaughtException') > 0) return;
  const attributes = exceptionAttributes(error);
  logs.getLogger('@sonde/otel').emit({
    severityNumber: SeverityNumber.FATAL,
    severityText: 'FATAL',
    eventName: 'sonde.crash',
    body: `${origin === 'unhandledRejection' ? 'Unhandled rejection' : 'Uncaught exception'}: ${String(attributes['exception.message'])}`,
    attributes,
  });
}
