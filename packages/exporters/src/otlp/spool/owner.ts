import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * A process that owns segments. The scope in which its process id is unique is one boot of one machine and one PID
 * namespace. The start time distinguishes processes that reuse an id.
 */
interface Owner {
  readonly scope: string;
  readonly pid: number;
  readonly start: string;
}

/** Whether the owner of a segment runs; unknown in another container or on another machine. */
export type Liveness = 'alive' | 'dead' | 'unknown';

/** Matches the name of an owner, such as `5f0c2a91-4711-88123-k3x9`. The last part identifies one spool of a process. */
const pattern = /^([0-9a-z]{8})-(\d{1,10})-(\d{1,20})-[0-9a-z]{4}$/;

/** Parses `/proc/<pid>/stat` after the name of the program, which may contain spaces and parentheses. */
function processState(pid: number | 'self'): { readonly state: string; readonly start: string } {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', start: fields[19] ?? '' };
}

function shortHash(text: string): string {
  return process.getBuiltinModule('node:crypto').hash('sha256', text).slice(0, 8);
}

function identify(): Owner & { readonly hasProcessTable: boolean } {
  try {
    // /proc/self differs from the process id if /proc belongs to another PID namespace.
    if (Number(readlinkSync('/proc/self')) !== process.pid) throw new Error('another namespace');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1');
    const scope = shortHash(boot + readlinkSync('/proc/self/ns/pid'));
    return { scope, pid: process.pid, start: processState('self').start, hasProcessTable: true };
  } catch {
    return { scope: shortHash(hostname()), pid: process.pid, start: '0', hasProcessTable: false };
  }
}

let self: ReturnType<typeof identify> | undefined;

/** Creates a unique owner name for a spool of this process. */
export function createOwnerName(): string {
  self ??= identify();
  const instance = Math.floor(Math.random() * 36 ** 4)
    .toString(36)
    .padStart(4, '0');
  return `${self.scope}-${self.pid}-${self.start}-${instance}`;
}

/** Looks up the owner in the process table. If the result is `unknown`, the heartbeat decides. */
export function ownerLiveness(name: string): Liveness {
  self ??= identify();
  const [, scope, pidText, start] = pattern.exec(name) ?? [];
  if (scope !== self.scope) return 'unknown';
  const pid = Number(pidText);
  // The owner is another spool of this process, and its worker thread may have ended.
  if (pid === self.pid && start === self.start) return 'unknown';
  if (pid === self.pid) return 'dead';
  try {
    // Without a process table, containers with the same host name cannot be distinguished.
    if (!self.hasProcessTable && process.platform === 'linux') return 'unknown';
    if (!self.hasProcessTable) {
      process.kill(pid, 0);
      return 'unknown';
    }
    const found = processState(pid);
    const hasEnded = found.state === 'Z' || found.state === 'X' || found.start !== start;
    return hasEnded ? 'dead' : 'alive';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ESRCH' ? 'dead' : 'unknown';
  }
}
