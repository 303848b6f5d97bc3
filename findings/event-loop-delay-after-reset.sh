#!/usr/bin/env bash
# Node.js 24.21.0 and 26.10.0: a block of the event loop that begins right after `reset()` of `monitorEventLoopDelay()` is not
# in the histogram. A reader that resets after each collection therefore misses the work that the collection itself starts,
# such as rendering or sending the metrics. Without the reset the same block is measured.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund node24@npm:node@24.21.0 node26@npm:node@26.10.0
cat >probe.mjs <<'JS'
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

const blockMs = 400;
const histogram = monitorEventLoopDelay({ resolution: 10 });
histogram.enable();

async function isSeen(reset) {
  await delay(100);
  if (reset) histogram.reset();
  const end = performance.now() + blockMs;
  while (performance.now() < end);
  await delay(100);
  const seen = histogram.max / 1e6 > blockMs / 2;
  histogram.reset();
  await delay(100);
  return seen;
}
console.log(`${process.version} without reset: ${await isSeen(false)}, right after reset: ${await isSeen(true)}`);
histogram.disable();
JS
output=$(node_modules/node24/bin/node probe.mjs && node_modules/node26/bin/node probe.mjs)
echo "$output"
grep -qx 'v24.21.0 without reset: true, right after reset: false' <<<"$output"
grep -qx 'v26.10.0 without reset: true, right after reset: false' <<<"$output"
