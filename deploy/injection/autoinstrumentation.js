// What the OpenTelemetry operator requires in every Node.js process of a pod, of whatever version it is: nothing that is
// wrong here may stop the application. A Node.js that is too old is told by the package itself.
try {
  require('@sonde/otel/register');
} catch (error) {
  console.error('sonde: not started:', error);
}
