import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';

test('a worker thread does not open an endpoint', async () => {
  const index = JSON.stringify(new URL('../index.ts', import.meta.url).href);
  const code = `
    import { parentPort } from 'node:worker_threads';
    const { PrometheusExporter } = await import(${index});
    const start = await new PrometheusExporter({ port: 0 }).ready();
    parentPort.postMessage(start.error?.message ?? start.url);
  `;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), {
    execArgv: ['--conditions=@sonde/source'],
  });
  const [message] = await once(worker, 'message');
  assert.match(String(message), /worker thread/);
  await worker.terminate();
});
