'use strict';

// The preload. If the installation is broken, the application runs without telemetry.
try {
  require('./dist/register.cjs');
} catch (error) {
  const reason = String((error && error.message) || error).split('\n', 1)[0];
  try {
    require('node:fs').writeSync(
      2,
      `sonde: failed to load @sonde/otel: ${reason}; telemetry is disabled [SONDE_START]\n`,
    );
  } catch {
    // stderr is closed.
  }
}
