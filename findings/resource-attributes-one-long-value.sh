#!/usr/bin/env bash
# @opentelemetry/resources 3.0.0: one value of more than 255 characters in OTEL_RESOURCE_ATTRIBUTES makes the detector
# drop every attribute of the variable, the short ones too. The only trace of it is a message at debug level.
# Seen on Node.js 24.21.0: the detected attributes are {}.
# Expected from reading the specification: the value is kept, or that one value alone is dropped and a warning is logged.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @opentelemetry/resources@3.0.0 @opentelemetry/api@1.10.0 node@24.21.0
cat >detect.mjs <<'JS'
import { envDetector } from '@opentelemetry/resources';

process.env.OTEL_RESOURCE_ATTRIBUTES = `team=checkout,commit.message=${'a'.repeat(256)}`;
const long = envDetector.detect().attributes ?? {};
process.env.OTEL_RESOURCE_ATTRIBUTES = `team=checkout,commit.message=${'a'.repeat(255)}`;
const short = envDetector.detect().attributes ?? {};
console.log(JSON.stringify({ with256: Object.keys(long), with255: Object.keys(short) }));
JS
output=$(node_modules/.bin/node detect.mjs)
echo "$output"
[ "$output" = '{"with256":[],"with255":["team","commit.message"]}' ]
