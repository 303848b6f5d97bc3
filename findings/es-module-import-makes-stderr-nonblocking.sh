#!/usr/bin/env bash
# Node.js 24.21.0: `import 'node:process'` (or 'node:util') in an ES module reads the getter of `process.stderr` to fill the exports of
# the module. That opens the stream, and a pipe becomes non-blocking for every process that shares it, although the program
# never writes. `import 'node:fs'`, and `require('node:process')` in CommonJS, leave the pipe as it was.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0
cat >probe.py <<'PY'
import fcntl, os, subprocess

programs = [
    ("module", "import 'node:fs'"),
    ("module", "import 'node:process'"),
    ("module", "import 'node:util'"),
    ("commonjs", "require('node:process')"),
]
for kind, code in programs:
    reader, writer = os.pipe()
    # The program answers on stdout when it has started, and ends when stdin is closed.
    wait = "; fs.writeSync(1, 'x'); fs.readSync(0, Buffer.alloc(1))"
    load = "import fs from 'node:fs';" if kind == "module" else "const fs = require('node:fs');"
    child = subprocess.Popen(
        ["node_modules/.bin/node", f"--input-type={kind}", "-e", load + code + wait],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=writer)
    child.stdout.read(1)
    blocking = not fcntl.fcntl(writer, fcntl.F_GETFL) & os.O_NONBLOCK
    child.stdin.close()
    child.wait()
    print(f"{code}: {'blocking' if blocking else 'non-blocking'}")
PY
output=$(python3 probe.py)
echo "$output"
grep -qx "import 'node:fs': blocking" <<<"$output"
grep -qx "import 'node:process': non-blocking" <<<"$output"
grep -qx "import 'node:util': non-blocking" <<<"$output"
grep -qx "require('node:process'): blocking" <<<"$output"
