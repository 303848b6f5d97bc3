// A service that reports when it listens and its measurements.
const { createServer } = require('node:http');

createServer((request, response) => response.end('hello')).listen(0, '127.0.0.1', () => {
  const { user, system } = process.cpuUsage();
  console.log(JSON.stringify({ cpuMicros: user + system, modules: Object.keys(require.cache).length }));
});
