'use strict';

// The preload. A package that cannot be loaded is a fault of the installation, and the application runs without telemetry.
try {
  require('./dist/register.cjs');
} catch (error) {
  const reason = String((error && error.message) || error).split('\n', 1)[0];
  try {
    require('node:fs').writeSync(
      2,
      `sonde: telemetry is off, for Sonde cannot be loaded: ${reason} [SONDE_START]\n`,
    );
  } catch {
    // Nobody reads stderr.
  }
}
