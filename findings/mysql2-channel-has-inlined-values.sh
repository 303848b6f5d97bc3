#!/usr/bin/env bash
# mysql2 3.24.6, tracing channel `mysql2:query`: the member `query` is the statement after the client has written the values into it, beside
# a member `values` that suggests that they are apart. A subscriber that exports `query` as the parameterized `db.query.text` exports the
# data. The messages of `mysql2:execute` keep the placeholders. Seen on Node.js 24.21.0 with the server of the same package.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0 mysql2@3.24.6
cat >probe.cjs <<'JS'
const { subscribe } = require('node:diagnostics_channel');
const { createConnection, createServer } = require('mysql2');

const show = ({ query, values }) => console.log(`${query} ${JSON.stringify(values)}`);
subscribe('tracing:mysql2:query:start', show);
subscribe('tracing:mysql2:execute:start', show);
const server = createServer((client) => {
  const handshake = { protocolVersion: 10, serverVersion: '8.0.0', connectionId: 1, statusFlags: 2, characterSet: 8 };
  client.serverHandshake({ ...handshake, capabilityFlags: 0xffffff });
  client.on('error', () => {});
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server._server.address();
  const connection = createConnection({ host: '127.0.0.1', port, user: 'app' });
  connection.on('connect', () => {
    // The message is published when the command is queued, so no answer is needed.
    connection.query('SELECT ? AS name', ['Ada'], () => {});
    connection.execute('SELECT ? AS name', ['Ada'], () => {});
    connection.destroy();
    server.close();
  });
});
JS
output=$(node_modules/.bin/node probe.cjs 2>/dev/null)
echo "$output"
[ "$output" = "$(printf "SELECT 'Ada' AS name [\"Ada\"]\nSELECT ? AS name [\"Ada\"]")" ]
