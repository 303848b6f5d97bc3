#!/usr/bin/env bash
# Node.js 26.10.0, channel `sqlite.db.query` of node:diagnostics_channel: the published `sql` is the statement with the bound
# values written into it, so whoever exports it as a query text exports the data. A statement that fails is published like
# one that succeeds: no member of the message says which it was, and the duration is a whole number of milliseconds.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund node@26.10.0
cat >probe.mjs <<'JS'
import { subscribe } from 'node:diagnostics_channel';
import { DatabaseSync } from 'node:sqlite';

subscribe('sqlite.db.query', ({ sql, duration, ...rest }) => {
  const others = Object.keys(rest).filter((name) => name !== 'database');
  console.log(`${sql} | whole milliseconds: ${Number(duration) % 1 === 0} | other members: ${others.length}`);
});
const database = new DatabaseSync(':memory:');
database.exec('CREATE TABLE patient (name TEXT UNIQUE)');
const insert = database.prepare('INSERT INTO patient VALUES (?)');
insert.run('Jane Example');
try {
  insert.run('Jane Example');
} catch ({ message }) {
  console.log(message);
}
JS
output=$(node_modules/.bin/node --no-warnings probe.mjs)
echo "$output"
[ "$(grep -cFx "INSERT INTO patient VALUES ('Jane Example') | whole milliseconds: true | other members: 0" <<<"$output")" = 2 ]
grep -qx 'UNIQUE constraint failed: patient.name' <<<"$output"
