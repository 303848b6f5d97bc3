// Installs the dependencies of the repository and builds the viewer's page, once. Requires Node.js >= 20 and no packages.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampPath = join(root, 'node_modules', '.sonde-installed');
const oldestNode = 20;

const log = (text) => process.stderr.write(`bootstrap: ${text}\n`);

/** Identifies the inputs of an installation; a change triggers a new one. */
function fingerprint() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const file of ['package-lock.json', '.npmrc']) hash.update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

function installed(wanted) {
  return existsSync(stampPath) && readFileSync(stampPath, 'utf8') === wanted;
}

function install(wanted) {
  log('installing dependencies and Node 24 into node_modules (npm install); this happens once');
  const npm = process.env.npm_execpath;
  const [command, ...args] = npm ? [process.execPath, npm] : ['npm'];
  const started = Date.now();
  // `npm ci` rejects a lock file that lacks binaries of platforms that a registry mirror does not have.
  const { status, error } = spawnSync(
    command,
    [...args, 'install', '--no-save', '--loglevel=error', '--no-progress'],
    {
      cwd: root,
      // npm writes to stderr, because stdout belongs to the following command.
      stdio: ['ignore', 2, 2],
    },
  );
  if (error || status !== 0) {
    log(
      `npm install failed${error ? `: ${error.message}` : ` with exit code ${status}`}. Is the npm registry reachable?`,
    );
    process.exit(status || 1);
  }
  writeFileSync(stampPath, wanted);
  log(`installed in ${Math.round((Date.now() - started) / 1000)} s`);
}

if (Number.parseInt(process.versions.node, 10) < oldestNode) {
  log(
    `Node ${process.versions.node} is not supported: use Node ${oldestNode} or later; the repository installs its own Node 24`,
  );
  process.exit(1);
}
const wanted = fingerprint();
if (!installed(wanted)) install(wanted);

/** Builds the page of the viewer with the Node.js of the repository, when a source is newer than the last build. */
function buildPage() {
  const node = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  const script = join(root, 'packages', 'dev', 'build-page.mjs');
  const { status } = spawnSync(existsSync(node) ? node : process.execPath, [script], {
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) log(`the viewer's page could not be built (packages/dev/page); the rest runs without it`);
}
buildPage();
