import { warnOnce } from './diagnostics/notice.ts';
import { start } from './start.ts';

try {
  start();
} catch (error) {
  // The application has done nothing wrong, and runs.
  const reason = error instanceof Error ? error.message : String(error);
  warnOnce('SONDE_START', 'register', `telemetry is off, for the start failed: ${reason}`);
}
