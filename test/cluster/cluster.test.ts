import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { packageFlags, Program } from '../support/program.ts';

const app = `
  const cluster = require('node:cluster');
  const { createServer } = require('node:http');
  const { counter } = require('@sonde/otel');
  if (cluster.isPrimary) {
    for (let i = 0; i < 4; i++) cluster.fork();
    cluster.on('exit', () => cluster.fork());
    let listening = 0;
    cluster.on('listening', () => { if (++listening >= 4) console.log('listening', listening); });
  } else {
    const answered = counter('app.answered');
    createServer((request, response) => {
      answered.add(1);
      const crash = () => { throw new Error('crash'); };
      response.end(String(process.pid), () => request.url === '/crash' && setTimeout(crash, 100));
    }).listen(Number(process.env.PORT), '127.0.0.1');
  }`;

/** The value of the counter in the scrape response; NaN if it is missing. */
async function answered(metricsUrl: string): Promise<number> {
  const page = await (await fetch(metricsUrl, { signal: AbortSignal.timeout(20_000) })).text();
  const line = page.split('\n').find((each) => each.startsWith('app_answered_total'));
  return Number(line?.split(' ').at(-1));
}

test(
  'four workers under --require share one endpoint that counts every response and never decreases',
  { timeout: 120_000 },
  async (t) => {
    const folder = await mkdtemp(join(import.meta.dirname, '.program-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, 'package.json'), '{ "name": "clustered", "type": "commonjs" }');
    await writeFile(join(folder, 'app.js'), app);
    const [port, metricsPort] = [await freePort(), await freePort()];
    const metricsUrl = `http://localhost:${metricsPort}/metrics`;
    await using program = new Program(
      process.execPath,
      [...packageFlags, '--require', '@sonde/otel/register', 'app.js'],
      {
        cwd: folder,
        env: {
          PORT: String(port),
          OTEL_METRICS_EXPORTER: 'prometheus',
          OTEL_TRACES_EXPORTER: 'none',
          OTEL_LOGS_EXPORTER: 'none',
          OTEL_EXPORTER_PROMETHEUS_PORT: String(metricsPort),
        },
      },
    );
    await program.printed('listening 4');
    const workers = new Set<string>();
    let answers = 0;
    let highest = 0;
    const ask = async (path: string): Promise<void> => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        headers: { connection: 'close' },
        signal: AbortSignal.timeout(20_000),
      });
      workers.add(await response.text());
      answers += 1;
    };
    const look = async (): Promise<void> => {
      const count = await answered(metricsUrl);
      assert.ok(count >= highest, `${count} after ${highest}`);
      highest = count;
    };
    const calm = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i += 10) await Promise.all(Array.from({ length: 10 }, () => ask('/')));
      await look();
    };
    await calm(400);
    await ask('/crash');
    await program.printed('listening 5');
    await calm(300);
    // Node's cluster forgets a connection that it hands to a worker which is about to end: nothing is asked meanwhile.
    process.kill(Number([...workers].at(-1)), 'SIGTERM');
    await program.printed('listening 6');
    await calm(290);
    for (let i = 0; i < 9; i++) await ask('/');
    assert.equal(answers, 1000);
    assert.ok(workers.size >= 4, [...workers].join());
    assert.equal(await answered(metricsUrl), 1000, program.output);
    assert.doesNotMatch(program.output, /EADDRINUSE/);
  },
);
