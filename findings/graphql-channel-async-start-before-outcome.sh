#!/usr/bin/env bash
# graphql 17.0.0, tracing channel `graphql:execute`: `asyncStart` is published before the result of an asynchronous execution is known, so a
# subscriber that reads the result there finds none and must wait for `asyncEnd`. In 17.1.0 the result is present at `asyncStart`, as
# Node.js does it in `tracePromise`. Seen on Node.js 24.21.0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0 first@npm:graphql@17.0.0 second@npm:graphql@17.1.0
cat >probe.mjs <<'JS'
import { tracingChannel } from 'node:diagnostics_channel';

const { buildSchema, execute, parse, version } = await import(process.argv[2]);
const states = [];
const note = (name) => (message) => states.push(`${name}=${message.result === undefined ? 'no result' : 'result'}`);
tracingChannel('graphql:execute').subscribe({
  start() {},
  end() {},
  error() {},
  asyncStart: note('asyncStart'),
  asyncEnd: note('asyncEnd'),
});
const schema = buildSchema('type Query { name: String }');
await execute({ schema, document: parse('{ name }'), rootValue: { name: async () => 'Ada' } });
console.log(`${version} ${states.join(' ')}`);
JS
output=$(for copy in first second; do node_modules/.bin/node probe.mjs "$copy"; done)
echo "$output"
[ "$output" = "$(printf '17.0.0 asyncStart=no result asyncEnd=result\n17.1.0 asyncStart=result asyncEnd=result')" ]
