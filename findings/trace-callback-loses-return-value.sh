#!/usr/bin/env bash
# Node.js 24.21.0, node:diagnostics_channel: once a TracingChannel has a subscriber, `traceCallback` no longer hands the
# return value of the traced callback to the library that calls it (undefined arrives). Without a subscriber the value arrives.
# A stream-like library that stops when its callback returns false behaves differently as soon as it is observed.
# Node.js 26.10.0 returns the value in both cases.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund node24@npm:node@24.21.0 node26@npm:node@26.10.0
cat >probe.mjs <<'JS'
import { tracingChannel } from 'node:diagnostics_channel';

function returned(channel) {
  let value;
  channel.traceCallback((callback) => (value = callback(null, 'row')), -1, {}, undefined, () => 'more');
  return value;
}
const quiet = tracingChannel('quiet');
const observed = tracingChannel('observed');
observed.subscribe({ start() {}, end() {}, asyncStart() {}, asyncEnd() {}, error() {} });
console.log(`${process.version} quiet=${returned(quiet)} observed=${returned(observed)}`);
JS
output=$(node_modules/node24/bin/node probe.mjs && node_modules/node26/bin/node probe.mjs)
echo "$output"
[ "$output" = "$(printf 'v24.21.0 quiet=more observed=undefined\nv26.10.0 quiet=more observed=more')" ]
