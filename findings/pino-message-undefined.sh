#!/usr/bin/env bash
# pino 10.4.0: a message whose `toJSON` returns undefined is written as `"msg":undefined`, so the line is not JSON and a log
# shipper drops or misreads it. JSON.stringify leaves such a member out; pino does so for every other member of the line.
# Seen on Node.js 24.21.0, with and without the option `redact`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund pino@10.4.0 node@24.21.0
cat >log.cjs <<'JS'
const pino = require('pino');

function line(options) {
  let written = '';
  const logger = pino({ base: null, timestamp: false, ...options }, { write: (text) => (written += text) });
  logger.info({ user: 'ada' }, { toJSON: () => undefined });
  return written.trim();
}
for (const options of [{}, { redact: ['password'] }]) {
  const text = line(options);
  let verdict = 'valid';
  try {
    JSON.parse(text);
  } catch {
    verdict = 'invalid';
  }
  console.log(`${JSON.stringify(options)} ${verdict}: ${text}`);
}
JS
output=$(node_modules/.bin/node log.cjs)
echo "$output"
grep -q '^{} invalid: .*"msg":undefined' <<<"$output"
grep -q '^{"redact":\["password"\]} invalid: .*"msg":undefined' <<<"$output"
