// Packs the published packages, lints them and installs them in an empty project. Exits with 1 if a check fails.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

import { findDuplicates, mustBeSingle } from './duplicates.ts';
import { installTarballs, packPackages, readInstalled } from './tarballs.ts';

const run = promisify(execFile);
const maxPackages = 25;
const maxMegabytes = 28;

let failures = 0;
const report = (ok, fact) => {
  failures += ok ? 0 : 1;
  process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${fact}\n`);
};

/** Runs publint; warnings and suggestions are failures. */
async function lint({ name, path }) {
  const bytes = await readFile(path);
  const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
  report(messages.length === 0, `${name}: publint has ${messages.length} complaints`);
  for (const message of messages) report(false, `${name}: ${formatMessage(message, pkg, { color: false })}`);
}

/** Runs attw: types resolve and match the code, from CommonJS and ES modules. */
async function checkTypes({ name, path }) {
  const manifest = fileURLToPath(import.meta.resolve('@arethetypeswrong/cli/package.json'));
  const attw = join(manifest, '..', JSON.parse(await readFile(manifest, 'utf8')).bin.attw);
  const args = [attw, path, '--profile', 'node16', '--format', 'ascii', '--no-emoji', '--no-color'];
  try {
    await run(process.execPath, args);
    report(true, `${name}: types resolve from CommonJS and ES modules`);
  } catch ({ stdout }) {
    report(false, `${name}: types do not resolve\n${stdout}`);
  }
}

/** Bytes on disk, as counted by `du`. */
async function diskUsage(directory) {
  const entries = await readdir(directory, { recursive: true });
  const sizes = await Promise.all(
    entries.map(async (entry) => (await stat(join(directory, entry))).blocks * 512),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function checkInstallation(tarballs, project) {
  await installTarballs(tarballs, project);
  const tree = await readInstalled(project);
  const packages = Object.keys(tree.packages).length;
  report(packages <= maxPackages, `fresh install: ${packages} packages, at most ${maxPackages}`);
  const megabytes = Math.ceil((await diskUsage(join(project, 'node_modules'))) / 1024 ** 2);
  report(megabytes <= maxMegabytes, `fresh install: ${megabytes} MB, at most ${maxMegabytes}`);

  const duplicates = findDuplicates(tree, mustBeSingle);
  report(
    duplicates.length === 0,
    `fresh install: ${duplicates.length} OpenTelemetry packages in several copies`,
  );
  for (const { name, copies } of duplicates) {
    const each = copies.map(({ version, place, dependents }) => {
      return `${version} at ${place} for ${dependents.join(', ') || 'no package'}`;
    });
    report(false, `${name}: ${each.join('; ')}`);
  }
}

const directory = await mkdtemp(join(tmpdir(), 'sonde-packages-'));
try {
  const tarballs = await packPackages(directory);
  for (const { name, version, files, size } of tarballs) {
    report(true, `${name} ${version}: ${files.length} files, ${Math.ceil(size / 1024)} kB packed`);
  }
  // The command has no entry point whose types could be wrong, and no place in production.
  const [command] = await packPackages(directory, ['dev']);
  report(true, `${command.name} ${command.version}: ${command.files.length} files`);
  await Promise.all([...tarballs, command].map(lint));
  await Promise.all(tarballs.map(checkTypes));
  const project = join(directory, 'project');
  await mkdir(project);
  await checkInstallation(tarballs, project);
} finally {
  await rm(directory, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;
