import { warnOnce } from './diagnostics/notice.ts';
import { start } from './start.ts';

try {
  start();
} catch (error) {
  // A fault of telemetry does not end the application.
  const reason = error instanceof Error ? error.message : String(error);
  warnOnce('SONDE_START', 'register', `failed to start: ${reason}; telemetry is disabled`);
}
