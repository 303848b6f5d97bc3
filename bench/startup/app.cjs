// A service that says when it listens, and what it took to get there.
const { createServer } = require('node:http');

createServer((request, response) => response.end('hello')).listen(0, '127.0.0.1', () => {
  const { user, system } = process.cpuUsage();
  console.log(JSON.stringify({ cpuMicros: user + system, modules: Object.keys(require.cache).length }));
});
