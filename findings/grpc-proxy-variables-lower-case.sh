#!/usr/bin/env bash
# @grpc/grpc-js 1.14.7: the client uses the proxy of `http_proxy`, `https_proxy` and `grpc_proxy`, and ignores `HTTP_PROXY`,
# `HTTPS_PROXY` and `GRPC_PROXY`, which Node.js itself reads with NODE_USE_ENV_PROXY=1. Where only the upper-case names are set, OTLP
# over HTTP leaves through the proxy, and OTLP over gRPC tries to connect directly. Seen on Node.js 24.21.0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0 @grpc/grpc-js@1.14.7
cat >probe.mjs <<'JS'
import { createServer } from 'node:http';
import { Client, credentials } from '@grpc/grpc-js';

const variables = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'grpc_proxy', 'GRPC_PROXY'];
for (const name of [...variables, 'no_proxy', 'no_grpc_proxy', 'NO_PROXY']) delete process.env[name];
const same = (bytes) => bytes;
let connects = 0;
const proxy = createServer().on('connect', (request, socket) => {
  connects += 1;
  socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
});
await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
for (const name of variables) {
  connects = 0;
  process.env[name] = `http://127.0.0.1:${proxy.address().port}`;
  // Nothing listens on this port: without a proxy the call fails as well.
  const client = new Client('127.0.0.2:9', credentials.createInsecure());
  await new Promise((resolve) =>
    client.makeUnaryRequest('/probe/Call', same, same, Buffer.alloc(1), { deadline: Date.now() + 5000 }, resolve),
  );
  client.close();
  delete process.env[name];
  console.log(`${name}: ${connects > 0 ? 'through the proxy' : 'directly'}`);
}
process.exit();
JS
output=$(node_modules/.bin/node probe.mjs 2>/dev/null)
echo "$output"
[ "$output" = 'http_proxy: through the proxy
HTTP_PROXY: directly
https_proxy: through the proxy
HTTPS_PROXY: directly
grpc_proxy: through the proxy
GRPC_PROXY: directly' ]
