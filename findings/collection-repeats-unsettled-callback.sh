#!/usr/bin/env bash
# @opentelemetry/sdk-metrics 3.0.0: a collection gives up on an asynchronous callback of an observable instrument after
# `timeoutMillis`, and the next collection calls it again although its last call has not settled. A callback that waits for
# a server that hangs piles up one more open operation with each export. Seen on Node.js 24.21.0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0 @opentelemetry/sdk-metrics@3.0.0 @opentelemetry/api@1.10.0
cat >probe.mjs <<'JS'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';

class Reader extends MetricReader {
  async onForceFlush() {}
  async onShutdown() {}
}

const reader = new Reader();
const provider = new MeterProvider({ readers: [reader] });
const settle = [];
const gauge = provider.getMeter('probe').createObservableGauge('queue.depth');
gauge.addCallback(() => new Promise((resolve) => settle.push(resolve)));
for (let collection = 1; collection <= 3; collection += 1) {
  const { errors } = await reader.collect({ timeoutMillis: 50 });
  console.log(`collection ${collection}: ${settle.length} open calls, ${errors.length} error`);
}
for (const resolve of settle) resolve();
process.exit();
JS
output=$(node_modules/.bin/node probe.mjs)
echo "$output"
[ "$output" = 'collection 1: 1 open calls, 1 error
collection 2: 2 open calls, 1 error
collection 3: 3 open calls, 1 error' ]
