import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { traceparent } from './traceparent.ts';

const run = promisify(execFile);

/** Connections of the load. */
export const connections = 32;

/** Core of the load generator. */
export const loader = 1;

const script = `
local requests, last = {}, 0
function init()
  for index, parent in ipairs({ ${Array.from({ length: 1000 }, (_, index) => `'${traceparent(index)}'`).join(', ')} }) do
    requests[index] = wrk.format('GET', nil, { traceparent = parent })
  end
end
function request()
  last = last % #requests + 1
  return requests[last]
end
`;

/** Folder with the scripts of wrk. */
export class Scripts implements Disposable {
  readonly #folder: string = mkdtempSync(join(tmpdir(), 'sonde-bench-'));
  /** Sends a \`traceparent\`, one of a thousand. */
  readonly traceparent: string = join(this.#folder, 'traceparent.lua');

  constructor() {
    writeFileSync(this.traceparent, script);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}

/** Loads a server to saturation for whole seconds. @returns the number of responses */
export async function saturate(url: string, seconds: number, file: string | undefined): Promise<number> {
  const options = ['-t1', `-c${connections}`, `-d${seconds}s`, ...(file === undefined ? [] : ['-s', file])];
  const { stdout } = await run('taskset', ['-c', String(loader), 'wrk', ...options, `${url}/users/42`]);
  if (stdout.includes('Non-2xx') || stdout.includes('Socket errors')) throw new Error(stdout);
  return Number(/(\d+) requests in/.exec(stdout)?.[1]);
}
