import type { Stats } from 'node:fs';
import { basename, dirname, join, parse, resolve, sep } from 'node:path';
import type { SpoolFileSystem } from './file-system.ts';

/** Thrown for a directory that is not safe to use. The message is the reason, without the path of the spool. */
export class UnsafeDirectoryError extends Error {
  override readonly name: string = 'UnsafeDirectoryError';
}

const stickyBit = 0o1000;
const writableByOthers = 0o002;
const writableByGroup = 0o020;

/** Returns the directories from the root of the file system to `path`, including `path`. */
function components(path: string): string[] {
  const { root } = parse(path);
  const names = path.slice(root.length).split(sep).filter(Boolean);
  return [root, ...names.map((_, index) => join(root, ...names.slice(0, index + 1)))];
}

interface Component {
  readonly path: string;
  readonly status: Stats;
}

/** @throws {UnsafeDirectoryError} if another user can replace the spool */
function checkAncestors(ancestors: readonly Component[], user: number): void {
  // In a user namespace, the owner of the root directory may not be user 0.
  const trusted = new Set([0, user, ancestors[0]?.status.uid]);
  for (const [index, { path, status }] of ancestors.entries()) {
    if (!trusted.has(status.uid)) throw new UnsafeDirectoryError(`${path} belongs to user ${status.uid}`);
    const isOpen = status.isDirectory() && (status.mode & writableByOthers) !== 0;
    if (!isOpen || (status.mode & stickyBit) !== 0) continue;
    // A container volume, such as an emptyDir of Kubernetes, has mode 0777 and belongs to root.
    const isVolume = status.uid === 0 && status.dev !== ancestors[index - 1]?.status.dev;
    if (!isVolume) throw new UnsafeDirectoryError(`every user can rename files in ${path}`);
  }
}

function checkSpool(spool: Component | undefined, user: number): void {
  if (spool === undefined) return;
  const { status } = spool;
  if (status.isSymbolicLink()) throw new UnsafeDirectoryError('it is a symbolic link');
  if (!status.isDirectory()) throw new UnsafeDirectoryError('it is not a directory');
  if (status.uid !== user)
    throw new UnsafeDirectoryError(`it belongs to user ${status.uid}, and the process runs as user ${user}`);
  if ((status.mode & (writableByOthers | writableByGroup)) !== 0) {
    const mode = (status.mode & 0o7777).toString(8).padStart(4, '0');
    throw new UnsafeDirectoryError(`other users can write to it (mode ${mode}, expected 0700)`);
  }
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';
const exists = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EEXIST';

/** @throws {UnsafeDirectoryError} never on Windows, which reports neither owners nor modes */
function check(lexical: readonly Component[], real: readonly Component[]): void {
  const user = process.geteuid?.();
  if (user === undefined) return;
  checkAncestors(lexical.slice(0, -1), user);
  checkAncestors(real, user);
  checkSpool(lexical.at(-1), user);
}

/** @throws {UnsafeDirectoryError} before a directory is created where another user could replace it */
function checkBeforeCreation(lexical: readonly Component[]): void {
  const user = process.geteuid?.();
  if (user !== undefined) checkAncestors(lexical, user);
}

/**
 * Creates the directory of a spool with mode 0700 if it is missing, and checks that no other user can write to it or
 * replace it.
 *
 * @returns the path without symbolic links
 * @throws {UnsafeDirectoryError} or the error of the operating system
 */
export async function prepareDirectory(files: SpoolFileSystem, directory: string): Promise<string> {
  const path = resolve(directory);
  const lexical: Component[] = [];
  for (const each of components(path)) {
    const status = await files.status(each).catch(async (error: unknown) => {
      if (!isMissing(error)) throw error;
      checkBeforeCreation(lexical);
      await files.makeDirectory(each).catch((failure: unknown) => {
        if (!exists(failure)) throw failure;
      });
      return files.status(each);
    });
    lexical.push({ path: each, status });
  }
  const parent = await files.realPath(dirname(path));
  const real: Component[] = [];
  for (const each of components(parent)) real.push({ path: each, status: await files.status(each) });
  check(lexical, real);
  return join(parent, basename(path));
}

/** The synchronous form of `prepareDirectory`, for the 'exit' event. */
export function prepareDirectorySync(files: SpoolFileSystem, directory: string): string {
  const path = resolve(directory);
  const lexical: Component[] = [];
  for (const each of components(path)) {
    try {
      lexical.push({ path: each, status: files.now.status(each) });
    } catch (error) {
      if (!isMissing(error)) throw error;
      checkBeforeCreation(lexical);
      makeDirectorySync(files, each);
      lexical.push({ path: each, status: files.now.status(each) });
    }
  }
  const parent = files.now.realPath(dirname(path));
  const real = components(parent).map((each) => ({ path: each, status: files.now.status(each) }));
  check(lexical, real);
  return join(parent, basename(path));
}

function makeDirectorySync(files: SpoolFileSystem, path: string): void {
  try {
    files.now.makeDirectory(path);
  } catch (error) {
    if (!exists(error)) throw error;
  }
}

/** Whether only this user can have written the file. */
export function isOwnFile(status: Stats): boolean {
  const user = process.geteuid?.();
  if (!status.isFile() || status.nlink !== 1) return false;
  return user === undefined || (status.uid === user && (status.mode & 0o077) === 0);
}
