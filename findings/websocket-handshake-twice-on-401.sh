#!/usr/bin/env bash
# Node.js 24.21.0 (undici 7.29.1) and 26.9.0 (undici 8.10.2): the global WebSocket sends its handshake twice when the server answers 401
# with a challenge, although there are no credentials to add; the second request is the same as the first. One failed connection is two
# requests on the server, in its metrics and in its limits for failed logins. A 403 is not repeated.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund first@npm:node@24.21.0 second@npm:node@26.9.0
cat >probe.mjs <<'JS'
import { createServer } from 'node:http';

for (const status of ['401 Unauthorized', '403 Forbidden']) {
  const authorization = [];
  const server = createServer().on('upgrade', (request, socket) => {
    authorization.push(request.headers.authorization ?? 'none');
    socket.end(`HTTP/1.1 ${status}\r\nwww-authenticate: Basic realm="probe"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = new WebSocket(`ws://127.0.0.1:${server.address().port}`);
  await new Promise((resolve) => socket.addEventListener('error', resolve));
  console.log(`undici ${process.versions.undici}, ${status}: ${authorization.length} handshakes, credentials: ${authorization}`);
  server.close();
}
process.exit();
JS
output=$(for version in first second; do "node_modules/$version/bin/node" probe.mjs; done)
echo "$output"
[ "$output" = 'undici 7.29.1, 401 Unauthorized: 2 handshakes, credentials: none,none
undici 7.29.1, 403 Forbidden: 1 handshakes, credentials: none
undici 8.10.2, 401 Unauthorized: 2 handshakes, credentials: none,none
undici 8.10.2, 403 Forbidden: 1 handshakes, credentials: none' ]
