import { Worker } from 'node:worker_threads';
import type { OtlpRequest } from '@sonde/exporters';

/**
 * Sends all requests at once: the time is short, and a slow Collector is slow for each. In the shared memory the first
 * number becomes 1 when it is done, the one after it for each request that was accepted. It runs in a thread of its
 * own, from its source text alone, and so uses nothing of this module, nor functions
 * with names, for which bundlers may call a helper.
 */
function send(): void {
  const { workerData } = process.getBuiltinModule('node:worker_threads');
  const { requests, shared } = workerData as { requests: OtlpRequest[]; shared: Int32Array };
  let underWay = requests.length;
  for (const [index, { url, headers, body, tls }] of requests.entries()) {
    const { request } = process.getBuiltinModule(url.startsWith('https:') ? 'node:https' : 'node:http');
    request(url, { method: 'POST', headers: { ...headers, 'content-length': body.byteLength }, ...tls })
      .on('response', (response) => {
        if (response.statusCode !== undefined && response.statusCode < 300) {
          Atomics.store(shared, index + 1, 1);
        }
        response.resume();
      })
      .on('error', () => {})
      .on('close', () => {
        underWay -= 1;
        if (underWay > 0) return;
        Atomics.store(shared, 0, 1);
        Atomics.notify(shared, 0);
      })
      .end(body);
  }
}

/**
 * Sends requests while this thread waits: for the moment when the event loop will not turn again.
 *
 * @returns for each request, whether it was accepted within the time
 */
export function sendAndWait(requests: readonly OtlpRequest[], timeoutMs: number): boolean[] {
  const shared = new Int32Array(new SharedArrayBuffer(4 * (requests.length + 1)));
  const worker = new Worker(`(${send.toString()})()`, {
    eval: true,
    workerData: { requests, shared },
    // The preload that brought us here must not run again in there.
    execArgv: [],
    env: {},
    stdout: true,
    stderr: true,
  });
  worker.on('error', () => {});
  Atomics.wait(shared, 0, 0, timeoutMs);
  return requests.map((_request, index) => Atomics.load(shared, index + 1) === 1);
}
