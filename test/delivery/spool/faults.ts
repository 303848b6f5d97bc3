import {
  nodeFileSystem,
  type SpoolFileSystem,
} from '../../../packages/exporters/src/otlp/spool/file-system.ts';

/** The moment of a call at which the process is killed. A write can be cut off in the middle. */
export type Moment = 'before' | 'middle' | 'after';

/** The calls that change what is on disk. */
const changes = ['open', 'write', 'sync', 'truncate', 'rename', 'unlink', 'makeDirectory', 'touch'] as const;
const changesAtExit = ['open', 'write', 'sync', 'rename', 'unlink', 'makeDirectory'] as const;

type Call = (...parameters: never[]) => unknown;
type Target = Record<string, Call>;

const kill = (): void => void process.kill(process.pid, 'SIGKILL');

/** The first half of what a write is given. */
function half(parts: readonly Uint8Array[] | Uint8Array): Uint8Array {
  const bytes = parts instanceof Uint8Array ? parts : Buffer.concat(parts);
  return bytes.subarray(0, bytes.length >> 1);
}

/** A file system that counts the calls that change something. */
interface CountedFileSystem {
  readonly files: SpoolFileSystem;
  readonly count: () => number;
}

/** The real file system, which kills the process with SIGKILL at a call. @param at the number of the call, from 1 */
export function killingFileSystem(at: number, moment: Moment): CountedFileSystem {
  let count = 0;
  const replaced = (target: Target, names: readonly string[], isSync: boolean): Target => {
    const wrapped = { ...target };
    for (const name of names) {
      const call = target[name] as (...parameters: unknown[]) => unknown;
      wrapped[name] = (...parameters: unknown[]) => {
        count++;
        if (count !== at) return call(...parameters);
        if (moment === 'before') kill();
        if (moment === 'middle' && name === 'write') {
          const [file, bytes, position] = parameters as [number, Uint8Array | Uint8Array[], number];
          nodeFileSystem.now.write(file, half(bytes), position);
          kill();
        }
        const outcome = call(...parameters);
        if (isSync) kill();
        return (outcome as Promise<unknown>).finally(kill);
      };
    }
    return wrapped;
  };
  const now = replaced({ ...nodeFileSystem.now }, changesAtExit, true);
  const files = replaced({ ...nodeFileSystem } as unknown as Target, changes, false);
  return { files: { ...files, now } as unknown as SpoolFileSystem, count: () => count };
}
