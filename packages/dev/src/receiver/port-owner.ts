import { readdir, readFile, readlink } from 'node:fs/promises';

/** The state of a listening socket in `/proc/net/tcp`. */
const listening = '0A';

async function findInodes(port: number): Promise<Set<string>> {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8').catch(() => '')),
  );
  const lines = tables.flatMap((table) => table.split('\n').slice(1));
  const inodes = lines.flatMap((line) => {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    return local?.endsWith(`:${wanted}`) && state === listening && inode !== undefined ? [inode] : [];
  });
  return new Set(inodes);
}

async function holds(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  const directory = `/proc/${pid}/fd`;
  const descriptors = await readdir(directory).catch(() => []);
  for (const descriptor of descriptors) {
    const target = await readlink(`${directory}/${descriptor}`).catch(() => '');
    const [, inode] = /^socket:\[(\d+)\]$/.exec(target) ?? [];
    if (inode !== undefined && inodes.has(inode)) return true;
  }
  return false;
}

/** The command of a process, as short as it is still recognized: `node app.js`. */
async function readCommand(pid: string): Promise<string> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const [program = '', ...rest] = command.split('\0').filter((part) => part !== '');
  const name = program.split('/').at(-1) ?? '';
  const script = rest.find((part) => !part.startsWith('-'));
  return [name, script]
    .filter((part) => part !== undefined && part !== '')
    .join(' ')
    .slice(0, 80);
}

/**
 * Process that listens on a TCP port of this machine, as `node app.js (pid 812)`. Undefined where that cannot be found out: on
 * systems without `/proc`, and for the processes of other users.
 */
export async function findPortOwner(port: number): Promise<string | undefined> {
  const inodes = await findInodes(port);
  if (inodes.size === 0) return undefined;
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    if (!(await holds(pid, inodes))) continue;
    const command = await readCommand(pid);
    return command === '' ? `pid ${pid}` : `${command} (pid ${pid})`;
  }
  return undefined;
}
