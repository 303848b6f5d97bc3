#!/usr/bin/env bash
# restify 11.1.0, whose package.json allows every Node.js from 10.0.0 on, does not load on Node.js 24.21.0: its dependency
# http-deceiver asks for the internal module `http_parser`, which this version does not have. An application that updates Node.js ends at its first
# `require('restify')`, with instrumentation or without; on Node.js 22.22.0 the same program loads.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund newer@npm:node@24.21.0 older@npm:node@22.22.0 restify@11.1.0
cat >probe.cjs <<'JS'
const major = process.versions.node.split('.', 1);
try {
  require('restify');
  console.log(`${major}: loaded`);
} catch (error) {
  console.log(`${major}: ${error.message}; thrown in ${/node_modules\/([\w-]+)/.exec(error.stack)[1]}`);
}
JS
output=$(
  node -p "require('./node_modules/restify/package.json').engines.node"
  for version in older newer; do "node_modules/$version/bin/node" probe.cjs 2>/dev/null; done
)
echo "$output"
[ "$output" = '>=10.0.0
22: loaded
24: No such module: http_parser; thrown in http-deceiver' ]
