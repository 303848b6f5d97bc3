// The OpenTelemetry operator preloads this file in every Node.js process of a pod, in any Node.js version. A failure must not
// stop the application. The package itself reports unsupported Node.js versions.
try {
  require('@sonde/otel/register');
} catch (error) {
  console.error('sonde: not started:', error);
}
