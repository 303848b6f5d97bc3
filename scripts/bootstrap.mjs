// Installs what the repository needs, once. Plain Node >= 20, no dependency: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampPath = join(root, 'node_modules', '.sonde-installed');
const oldestNode = 20;

const say = (text) => process.stderr.write(`bootstrap: ${text}\n`);

/** What an installation depends on: change any of it and the next command installs again. */
function fingerprint() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const file of ['package-lock.json', '.npmrc']) hash.update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

function installed(wanted) {
  return existsSync(stampPath) && readFileSync(stampPath, 'utf8') === wanted;
}

function install(wanted) {
  say('installing dependencies and Node 24 into node_modules (npm install); this happens once');
  const npm = process.env.npm_execpath;
  const [command, ...args] = npm ? [process.execPath, npm] : ['npm'];
  const started = Date.now();
  // Not `npm ci`: it refuses a lockfile without the binaries of platforms that a registry mirror does not carry.
  const { status, error } = spawnSync(
    command,
    [...args, 'install', '--no-save', '--loglevel=error', '--no-progress'],
    {
      cwd: root,
      // npm's report goes to stderr: stdout belongs to the command that follows.
      stdio: ['ignore', 2, 2],
    },
  );
  if (error || status !== 0) {
    say(
      `npm install failed${error ? `: ${error.message}` : ` with exit code ${status}`}. Is the npm registry reachable?`,
    );
    process.exit(status || 1);
  }
  writeFileSync(stampPath, wanted);
  say(`installed in ${Math.round((Date.now() - started) / 1000)} s`);
}

if (Number.parseInt(process.versions.node, 10) < oldestNode) {
  say(
    `Node ${process.versions.node} is too old: use Node ${oldestNode} or newer, the repository brings its own Node 24`,
  );
  process.exit(1);
}
const wanted = fingerprint();
if (!installed(wanted)) install(wanted);
