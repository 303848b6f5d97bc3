#!/usr/bin/env bash
# webpack 5.113.0, output.module with target node: `typeof __filename` in an ES module is folded to "string" although the
# ES module output defines no __filename. Code that asks first is bundled into code that throws a ReferenceError.
# Seen on Node.js 24.21.0: the source prints "undefined", its bundle throws.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund webpack@5.113.0 node@24.21.0
cat >app.mjs <<'JS'
console.log(typeof __filename === 'undefined' ? 'undefined' : `defined: ${__filename.length > 0}`);
JS
cat >build.mjs <<'JS'
import webpack from 'webpack';

const compiler = webpack({
  mode: 'production',
  target: 'node24',
  entry: './app.mjs',
  experiments: { outputModule: true },
  output: { path: process.cwd(), filename: 'bundle.mjs', module: true, chunkFormat: 'module' },
});
compiler.run((error, stats) => {
  if (error || stats.hasErrors()) throw error ?? new Error(stats.toString());
});
JS
node_modules/.bin/node build.mjs
echo "source: $(node_modules/.bin/node app.mjs)"
bundle=$(node_modules/.bin/node bundle.mjs 2>&1 || true)
echo "bundle: $(grep -m1 ReferenceError <<<"$bundle")"
[ "$(node_modules/.bin/node app.mjs)" = undefined ]
grep -q 'ReferenceError: __filename is not defined' <<<"$bundle"
