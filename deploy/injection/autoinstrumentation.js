// What the OpenTelemetry operator requires in every Node.js process of a pod, of whatever version it is: nothing that is
// wrong here may stop the application.
const oldest = [22, 15];
const version = process.versions.node.split('.').map(Number);

if (version[0] < oldest[0] || (version[0] === oldest[0] && version[1] < oldest[1])) {
  console.error(
    'sonde: not started: it needs Node.js ' +
      oldest.join('.') +
      ' or newer, this is ' +
      process.versions.node,
  );
} else {
  try {
    require('@sonde/otel/register');
  } catch (error) {
    console.error('sonde: not started:', error);
  }
}
