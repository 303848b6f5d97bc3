#!/usr/bin/env bash
# Node.js 24.21.0, node:http2 compatibility layer: `response.destroy()` without an error in the middle of a body ends the
# stream in order (END_STREAM, code 0), so the client takes the part that was sent for the whole answer. With an error the
# stream is reset. On HTTP/1.1 `response.destroy()` cuts the connection, and the client sees an error in both cases.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0
cat >probe.mjs <<'JS'
import { once } from 'node:events';
import { connect, createServer } from 'node:http2';

async function outcome(error) {
  const server = createServer((request, response) => {
    response.write('half', () => response.destroy(error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect(`http://127.0.0.1:${server.address().port}`);
  client.on('error', () => {});
  const stream = client.request({ ':path': '/' });
  let failed = 'no error';
  stream.on('error', ({ code }) => (failed = code)).resume();
  await once(stream, 'close').catch(() => {});
  const code = stream.rstCode;
  client.close();
  server.close();
  return `code ${code}, ${failed}`;
}
console.log(`destroy(): ${await outcome()}`);
console.log(`destroy(error): ${await outcome(new Error('broken'))}`);
JS
output=$(node_modules/.bin/node probe.mjs)
echo "$output"
grep -qx 'destroy(): code 0, no error' <<<"$output"
grep -qx 'destroy(error): code 2, ERR_HTTP2_STREAM_ERROR' <<<"$output"
