#!/usr/bin/env bash
# @opentelemetry/winston-transport 0.34.0 with winston 3.19.0 and `format.splat()`: the first argument of a printf-style message
# becomes the `exception` of the log record, even a string: `info('hello %s', 'world')` is emitted with the exception "world". Metadata with
# a member `stack` (of a deployment, say) is emitted as attributes and as an exception too. Seen on Node.js 24.21.0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --legacy-peer-deps node@24.21.0 winston@3.19.0 \
  @opentelemetry/winston-transport@0.34.0 @opentelemetry/api@1.10.0
cat >log.cjs <<'JS'
const records = [];
const provider = { getLogger: () => ({ emit: (record) => records.push(record), enabled: () => true }) };
for (const name of ['@opentelemetry/api', '@opentelemetry/api-logs']) {
  try {
    require(name).logs?.setGlobalLoggerProvider(provider);
  } catch {}
}
const { createLogger, format } = require('winston');
const { OpenTelemetryTransportV3 } = require('@opentelemetry/winston-transport');

const logger = createLogger({
  format: format.combine(format.splat(), format.json()),
  transports: [new OpenTelemetryTransportV3()],
});
logger.info('hello %s', 'world');
logger.info('deployed', { stack: 'eu-prod' });
for (const { body, attributes, exception } of records) {
  console.log(JSON.stringify({ body, attributes, exception }));
}
JS
output=$(node_modules/.bin/node log.cjs)
echo "$output"
grep -qx '{"body":"hello world","attributes":{},"exception":"world"}' <<<"$output"
grep -qx '{"body":"deployed","attributes":{"stack":"eu-prod"},"exception":{"stack":"eu-prod"}}' <<<"$output"
