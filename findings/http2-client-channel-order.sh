#!/usr/bin/env bash
# Node.js 24.21.0 and 26.10.0, channels `http2.client.stream.*`: on a connected session `created` is published after `start`, and
# for a stream that the server resets `error` is published after `close`. A span that begins at `created` and ends at
# `close` begins late and misses the error.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund node24@npm:node@24.21.0 node26@npm:node@26.10.0
cat >probe.mjs <<'JS'
import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { connect, constants, createServer } from 'node:http2';

let order = [];
for (const name of ['created', 'start', 'finish', 'error', 'close']) {
  subscribe(`http2.client.stream.${name}`, () => order.push(name));
}
const server = createServer();
server.on('stream', (stream, headers) => {
  stream.on('error', () => {});
  if (headers[':path'] === '/reset') {
    stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  } else {
    stream.respond();
    stream.end('whole');
  }
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const client = connect(`http://127.0.0.1:${server.address().port}`);
await once(client, 'connect');
for (const path of ['/whole', '/reset']) {
  order = [];
  const stream = client.request({ ':path': path });
  stream.on('error', () => {}).resume();
  await new Promise((resolve) => stream.on('close', resolve));
  await new Promise((resolve) => setImmediate(resolve));
  console.log(`${path}: ${order.join(' ')}`);
}
client.close();
server.close();
JS
for version in 24 26; do
  output=$(node_modules/node$version/bin/node probe.mjs)
  echo "$output"
  grep -qx '/whole: start created finish close' <<<"$output"
  grep -qx '/reset: start created close error' <<<"$output"
done
