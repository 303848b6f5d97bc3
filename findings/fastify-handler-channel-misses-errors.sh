#!/usr/bin/env bash
# fastify 5.12.8, tracing channel `fastify.request.handler`: of the requests that are answered with 500 the channel reports only those
# whose handler or hook before it throws. `reply.send(new Error())`, a response that does not fit its schema, an `onSend` hook that
# fails are published as successes, and a `preValidation` hook that fails publishes nothing at all. Seen on Node.js 24.21.0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0 fastify@5.12.8
cat >probe.mjs <<'JS'
import { tracingChannel } from 'node:diagnostics_channel';
import fastify from 'fastify';

let events = [];
const names = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'];
tracingChannel('fastify.request.handler').subscribe(
  Object.fromEntries(names.map((name) => [name, () => events.push(name)])),
);
const fail = async () => {
  throw new Error('failed');
};
const needsName = { type: 'object', required: ['name'], properties: { name: { type: 'string' } } };
const app = fastify();
app.get('/throws', fail);
app.get('/sends', async (_request, reply) => reply.send(new Error('failed')));
app.get('/schema', { schema: { response: { 200: needsName } } }, async () => ({}));
app.get('/on-send', { onSend: fail }, async () => 'text');
app.get('/pre-validation', { preValidation: fail }, async () => 'text');
for (const path of ['/throws', '/sends', '/schema', '/on-send', '/pre-validation']) {
  events = [];
  const { statusCode } = await app.inject(path);
  const verdict = events.length === 0 ? 'nothing' : events.includes('error') ? 'error' : 'success';
  console.log(`${path} ${statusCode} ${verdict}`);
}
JS
output=$(node_modules/.bin/node probe.mjs)
echo "$output"
[ "$output" = "$(printf '%s\n' '/throws 500 error' '/sends 500 success' '/schema 500 success' '/on-send 500 success' '/pre-validation 500 nothing')" ]
