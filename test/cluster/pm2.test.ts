import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { lockedModules } from '../support/locked-modules.ts';
import { needs } from '../support/needs.ts';
import { packageFlags, Program } from '../support/program.ts';

const service = `
  const { start, counter, gauge } = require('@sonde/otel');
  const { SERVICE, PORT, JOBS } = process.env;
  start({
    serviceName: SERVICE,
    traces: { exporter: 'none' },
    logs: { exporter: 'none' },
    metrics: { exporter: 'none', prometheus: { port: Number(PORT) } },
  });
  counter('jobs.done').add(Number(JOBS));
  gauge('queue.depth').record(3, { worker: 'mail' });
  gauge('queue.depth').record(7, { worker: 'invoices' });
  console.log('measured', SERVICE);
  setInterval(() => {}, 1000);
`;

/** The services by their instances and the jobs of each instance. */
const services = { orders: [2, 10], mailer: [1, 1000], billing: [2, 100] } as const;

/** The service of an endpoint, its jobs, and its gauges. */
async function scrape(port: number): Promise<{ name: string; jobs: number; depths: string[] }> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(20_000) });
  const page = await response.text();
  const name = /^target_info\{.*service_name="(\w+)"/m.exec(page)?.[1] ?? '';
  const jobs = Array.from(page.matchAll(/^jobs_done_total(?:\{.*\})? (\d+)$/gm), ([, value]) =>
    Number(value),
  );
  const depths = Array.from(
    page.matchAll(/^queue_depth\{exported_worker="(\w+)",.*,worker="(\d)"\} (\d)$/gm),
    ([, queue, worker, value]) => `${worker} ${queue} ${value}`,
  );
  return { name, jobs: jobs.reduce((sum, value) => sum + value, 0), depths: depths.toSorted() };
}

test(
  'services in cluster mode under one pm2 are not added up, and a port of another service is reported',
  { timeout: 170_000 },
  async (t) => {
    const modules = await lockedModules(join(import.meta.dirname, 'pm2')).catch(() => undefined);
    if (modules === undefined) return needs(t, 'pm2 cannot be installed');
    const folder = await mkdtemp(join(import.meta.dirname, '.program-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const [shared, own] = [await freePort(), await freePort()];
    const apps = Object.entries(services).map(([name, [instances, jobs]]) => ({
      name,
      script: join(folder, 'service.cjs'),
      exec_mode: 'cluster',
      instances,
      node_args: [...packageFlags],
      env: { SERVICE: name, PORT: String(name === 'billing' ? own : shared), JOBS: String(jobs) },
    }));
    await writeFile(join(folder, 'service.cjs'), service);
    await writeFile(join(folder, 'ecosystem.config.json'), JSON.stringify({ apps }));
    await using pm2 = new Program(
      process.execPath,
      [join(modules, 'pm2/bin/pm2'), 'start', 'ecosystem.config.json', '--no-daemon'],
      { cwd: folder, env: { PM2_HOME: join(folder, 'pm2'), TMPDIR: folder } },
    );
    await pm2.printed('cannot serve metrics on');
    const first = await scrape(shared);
    const [instances, jobs] = services[first.name as keyof typeof services];
    assert.ok(first.name === 'orders' || first.name === 'mailer', first.name);
    assert.equal(first.jobs, instances * jobs);
    const billing = await scrape(own);
    assert.deepEqual([billing.name, billing.jobs], ['billing', 200]);
    assert.deepEqual(billing.depths, ['0 invoices 7', '0 mail 3', '1 invoices 7', '1 mail 3']);
  },
);
