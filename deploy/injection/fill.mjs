// Installs the packed packages into a folder for pods, without types, sources and documentation.
//   node fill.mjs <folder> <tarball>...
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const [folder, ...tarballs] = process.argv.slice(2);
const unread = ['.ts', '.mts', '.cts', '.map', '.md'];

/** Removes type declarations, TypeScript sources, source maps and documentation. */
function prune(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) prune(path);
    else if (unread.some((suffix) => entry.name.endsWith(suffix))) rmSync(path);
  }
}

mkdirSync(folder, { recursive: true });
for (const file of ['autoinstrumentation.js', 'package.json']) {
  cpSync(join(import.meta.dirname, file), join(folder, file));
}
// Optional packages: a pod may ask for OTLP over gRPC or for a configuration file.
const manifest = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../packages/otel/package.json'), 'utf8'),
);
const optional = Object.keys(manifest.peerDependencies).map(
  (name) => `${name}@${manifest.devDependencies[name]}`,
);
const flags = ['--ignore-scripts', '--omit=dev', '--no-package-lock', '--no-progress', '--loglevel=error'];
const { status } = spawnSync('npm', ['install', ...flags, ...tarballs, ...optional], {
  cwd: folder,
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);

const modules = join(folder, 'node_modules');
prune(modules);
for (const path of ['.bin', '@types', 'undici-types']) {
  rmSync(join(modules, path), { recursive: true, force: true });
}
