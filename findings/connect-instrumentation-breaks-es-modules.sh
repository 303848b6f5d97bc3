#!/usr/bin/env bash
# @opentelemetry/instrumentation-connect 0.67.0: an application that imports connect 3.7.0 as an ES module does not start. The
# instrumentation wraps the namespace of the module as if it were the function that CommonJS exports, so the call of `connect()` throws
# "original.apply is not a function". In CommonJS the same program runs. Seen on Node.js 24.21.0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0 connect@3.7.0 @opentelemetry/api@1.10.0 \
  @opentelemetry/instrumentation@0.300.0 @opentelemetry/instrumentation-connect@0.67.0
cat >preload.mjs <<'JS'
import { register } from 'node:module';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { ConnectInstrumentation } from '@opentelemetry/instrumentation-connect';

register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);
registerInstrumentations({ instrumentations: [new ConnectInstrumentation()] });
JS
attempt='try { connect(); console.log(`${kind}: runs`); } catch (error) { console.log(`${kind}: ${error}`); }'
echo "const kind = 'CommonJS'; const connect = require('connect'); $attempt" >app.cjs
echo "const kind = 'ES module'; import connect from 'connect'; $attempt" >app.mjs
output=$(for app in app.cjs app.mjs; do node_modules/.bin/node --import ./preload.mjs "$app" 2>/dev/null; done)
echo "$output"
[ "$output" = "$(printf 'CommonJS: runs\nES module: TypeError: original.apply is not a function')" ]
