#!/usr/bin/env bash
# @grpc/grpc-js 1.14.7: a request that the server refuses for its size and a response that the client itself refuses for its size end
# in the same status, RESOURCE_EXHAUSTED, with the same text. An exporter that splits its batch on this status halves requests that
# the server has already accepted, so that they arrive twice. Seen on Node.js 24.21.0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0 @grpc/grpc-js@1.14.7
cat >probe.mjs <<'JS'
import { Client, Server, ServerCredentials, credentials } from '@grpc/grpc-js';

const limits = { 'grpc.max_receive_message_length': 1000 };
const same = (bytes) => bytes;
const codec = { requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same };
const method = { path: '/probe/Echo', requestStream: false, responseStream: false, ...codec };
const server = new Server(limits);
let accepted = 0;
server.addService({ echo: method }, {
  echo({ request }, respond) {
    accepted += 1;
    respond(null, Buffer.alloc(request[0] === 1 ? 2000 : 10));
  },
});
const port = await new Promise((resolve) => {
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => resolve(bound));
});
const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), limits);
for (const [name, request] of [['large request', Buffer.alloc(2000)], ['large response', Buffer.from([1])]]) {
  accepted = 0;
  const { code, details } = await new Promise((resolve) => client.makeUnaryRequest(method.path, same, same, request, resolve));
  console.log(`${name}: ${code} ${details}, accepted by the server: ${accepted}`);
}
client.close();
server.forceShutdown();
JS
output=$(node_modules/.bin/node probe.mjs)
echo "$output"
[ "$output" = 'large request: 8 Received message larger than max (2000 vs 1000), accepted by the server: 0
large response: 8 Received message larger than max (2000 vs 1000), accepted by the server: 1' ]
