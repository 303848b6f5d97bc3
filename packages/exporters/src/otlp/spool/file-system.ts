import * as fs from 'node:fs';

/** The synchronous part of a file system, for the 'exit' event. */
interface SyncFileSystem {
  open(path: string, flags: number): number;
  close(file: number): void;
  write(file: number, bytes: Uint8Array, position: number): number;
  sync(file: number): void;
  truncate(file: number, length: number): void;
  rename(from: string, to: string): void;
  unlink(path: string): void;
  makeDirectory(path: string): void;
  status(path: string): fs.Stats;
  realPath(path: string): string;
}

/**
 * The file system calls of the spool. Tests substitute a file system that ends the process at a given call.
 */
export interface SpoolFileSystem {
  open(path: string, flags: number): Promise<number>;
  close(file: number): Promise<void>;
  /** Reads at a position. Resolves to the number of bytes, which is smaller at the end of the file. */
  read(file: number, bytes: Uint8Array, position: number): Promise<number>;
  /** Writes at a position. Resolves to the number of bytes, which can be smaller than the total. */
  write(file: number, parts: readonly Uint8Array[], position: number): Promise<number>;
  sync(file: number): Promise<void>;
  truncate(file: number, length: number): Promise<void>;
  /** Returns the status of an open file. */
  fileStatus(file: number): Promise<fs.Stats>;
  /** Returns the status of a path, without following links. */
  status(path: string): Promise<fs.Stats>;
  realPath(path: string): Promise<string>;
  /** Returns the magic number of the file system that contains a path, as in `statfs(2)`. */
  type(path: string): Promise<number>;
  list(path: string): Promise<string[]>;
  makeDirectory(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Sets the modification time to the current time. */
  touch(path: string): Promise<void>;
  readonly now: SyncFileSystem;
}

const fileMode = 0o600;
const directoryMode = 0o700;
const { constants } = fs;
// Undefined on Windows, where ordinary users can create neither links nor pipes.
const noFollow = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Flags of `open`, which follow no link and do not wait for the other end of a pipe. */
export const openFlags: Readonly<Record<'create' | 'readWrite' | 'directory', number>> = {
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | noFollow,
  readWrite: constants.O_RDWR | noFollow,
  directory: constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | noFollow,
};

type Callback<T> = (error: NodeJS.ErrnoException | null, value: T) => void;

function result<T>(call: (done: Callback<T>) => void): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  call((error, value) => {
    if (error === null || error === undefined) resolve(value);
    else reject(error);
  });
  return promise;
}

/** The file system of Node.js. File descriptors are numbers, so that garbage collection cannot close them. */
export const nodeFileSystem: SpoolFileSystem = {
  open: (path, flags) => result((done) => fs.open(path, flags, fileMode, done)),
  close: (file) => result((done) => fs.close(file, done)),
  read: (file, bytes, position) =>
    result((done) => fs.read(file, bytes, 0, bytes.length, position, (error, count) => done(error, count))),
  write: (file, parts, position) =>
    result((done) => fs.writev(file, [...parts], position, (error, count) => done(error, count))),
  sync: (file) => result((done) => fs.fdatasync(file, done)),
  truncate: (file, length) => result((done) => fs.ftruncate(file, length, done)),
  fileStatus: (file) => result((done) => fs.fstat(file, done)),
  status: (path) => result((done) => fs.lstat(path, done)),
  realPath: (path) => result((done) => fs.realpath(path, done)),
  type: async (path) => (await result<fs.StatsFs>((done) => fs.statfs(path, done))).type,
  list: (path) => result((done) => fs.readdir(path, done)),
  makeDirectory: (path) => result((done) => fs.mkdir(path, directoryMode, done)),
  rename: (from, to) => result((done) => fs.rename(from, to, done)),
  unlink: (path) => result((done) => fs.unlink(path, done)),
  touch: (path) => {
    const seconds = Date.now() / 1000;
    return result((done) => fs.lutimes(path, seconds, seconds, done));
  },
  now: {
    open: (path, flags) => fs.openSync(path, flags, fileMode),
    close: fs.closeSync,
    write: (file, bytes, position) => fs.writeSync(file, bytes, 0, bytes.length, position),
    sync: fs.fdatasyncSync,
    truncate: fs.ftruncateSync,
    rename: fs.renameSync,
    unlink: fs.unlinkSync,
    makeDirectory: (path) => fs.mkdirSync(path, directoryMode),
    status: (path) => fs.lstatSync(path),
    realPath: (path) => fs.realpathSync(path),
  },
};

/** Writes all parts at a position. @throws the error of the operating system; some bytes may have been written */
export async function writeAll(
  files: SpoolFileSystem,
  file: number,
  parts: readonly Uint8Array[],
  position: number,
): Promise<void> {
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  let done = await files.write(file, parts, position);
  if (done === total) return;
  const rest = Buffer.concat(parts);
  while (done < total) {
    const count = await files.write(file, [rest.subarray(done)], position + done);
    if (count === 0) throw Object.assign(new Error('ENOSPC: nothing was written'), { code: 'ENOSPC' });
    done += count;
  }
}

/** Reads a range of a file; the result is shorter at the end of the file. */
export async function readRange(
  files: SpoolFileSystem,
  file: number,
  position: number,
  length: number,
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const count = await files.read(file, bytes.subarray(done), position + done);
    if (count === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}

/** Makes the names of new files durable. Windows does not need this. */
export async function syncDirectory(files: SpoolFileSystem, directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const file = await files.open(directory, openFlags.directory);
  try {
    await files.sync(file);
  } finally {
    await files.close(file);
  }
}
