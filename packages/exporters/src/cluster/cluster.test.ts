import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ClusterProcess, freePort } from '../testing/cluster-process.ts';

function pickAny(pids: ReadonlySet<number>): number {
  const [pid] = pids;
  assert.ok(pid !== undefined);
  return pid;
}

test('one endpoint serves the metrics of all workers', async () => {
  await using cluster = await ClusterProcess.start(4);
  assert.deepEqual(JSON.parse(await cluster.text('/metrics-url')), { url: cluster.metricsUrl });
  const answered = await cluster.request(100);
  assert.equal(answered, 100);
  const samples = await cluster.samples();
  const values = (name: string): number[] =>
    samples.filter((sample) => sample.name === name).map(({ value }) => value);
  assert.deepEqual(values('requests_total'), [100]);
  assert.deepEqual(values('sizes_bucket'), [0, 100, 100]);
  assert.deepEqual(values('sizes_sum'), [5000]);
  assert.deepEqual(values('active'), [4]);
  assert.deepEqual(values('sonde_cluster_workers'), [4]);
  const exemplars = samples.flatMap(({ exemplar }) => exemplar ?? []);
  assert.deepEqual(
    exemplars.map(({ value, labels }) => [value, labels.get('trace_id')]),
    [[50, '0af7651916cd43dd8448eb211c80319c']],
  );
  assert.ok(cluster.pids.has(Number.parseInt(exemplars[0]?.labels.get('span_id') ?? '', 16)));
  const states = samples.filter(({ name }) => name === 'state');
  assert.deepEqual(states.map(({ labels, value }) => `${labels.get('worker')}=${value}`).toSorted(), [
    '0=10',
    '1=1',
    '2=1',
    '3=1',
    '4=1',
  ]);
});

test('workers that are terminated or crash lose nothing, and counters never decrease', async () => {
  await using cluster = await ClusterProcess.start(4);
  let answered = 0;
  let sent = 1;
  let last = 0;
  const requestsBetween = async (count: number): Promise<void> => {
    sent += count;
    const batches = await Promise.all([1, 2, 3, 4].map(() => cluster.request(count / 4)));
    answered += batches.reduce((sum, one) => sum + one, 0);
    const now = await cluster.sum('requests_total');
    assert.ok(now >= last, `${now} after ${last}`);
    last = now;
  };
  await requestsBetween(200);
  const terminated = pickAny(cluster.pids);
  process.kill(terminated, 'SIGTERM');
  await requestsBetween(200);
  await cluster.until(() => !cluster.pids.has(terminated));
  await requestsBetween(200);
  const before = new Set(cluster.pids);
  answered += await cluster.request(1, '/crash');
  await requestsBetween(200);
  await cluster.until(() => [...before].some((pid) => !cluster.pids.has(pid)));
  await cluster.until(() => cluster.pids.size === 4);
  await requestsBetween(200);
  assert.ok(answered > 900);
  // A worker that ends may have counted a request whose response no longer reached the client.
  assert.ok(last >= answered && last <= sent, `${last} counted, ${answered} answered, ${sent} sent`);
  assert.equal(await cluster.sum('sonde_cluster_workers_ended_total'), 2);
  assert.equal(await cluster.sum('sonde_cluster_workers_lost_total'), 0);
});

test('a killed worker loses at most the measurements since its last push, which is reported', async () => {
  await using cluster = await ClusterProcess.start(2);
  const before = await cluster.request(100);
  assert.equal(await cluster.sum('requests_total'), before);
  const after = await cluster.request(40);
  const killed = pickAny(cluster.pids);
  process.kill(killed, 'SIGKILL');
  await cluster.until(() => !cluster.pids.has(killed));
  await cluster.until(() => cluster.pids.size === 2);
  const count = await cluster.sum('requests_total');
  assert.ok(count >= before && count <= before + after, `${count} of ${before} to ${before + after}`);
  assert.equal(await cluster.sum('sizes_count'), count, 'a counter and a histogram of the same events agree');
  assert.equal(await cluster.sum('sonde_cluster_workers_lost_total'), 1);
});

test('a blocked worker delays a scrape by the timeout only', async () => {
  await using cluster = await ClusterProcess.start(2);
  await cluster.request(20);
  const count = await cluster.sum('requests_total');
  await cluster.text('/block');
  assert.equal(await cluster.sum('requests_total'), count);
  assert.equal(await cluster.sum('sonde_cluster_workers_stale'), 1);
});

test('without Sonde in the primary, one worker is the aggregator, and another one after it ends', async () => {
  const port = String(await freePort());
  await using cluster = await ClusterProcess.start(3, { FOREIGN_PRIMARY: 'true', METRICS_PORT: port });
  cluster.metricsUrl = `http://127.0.0.1:${port}/metrics`;
  let answered = await cluster.request(60);
  assert.equal(await cluster.sum('requests_total'), answered);
  assert.equal(await cluster.sum('sonde_cluster_workers'), 2);
  const leader = await cluster.leader();
  process.kill(leader, 'SIGTERM');
  await cluster.until(() => !cluster.pids.has(leader));
  await cluster.until(() => cluster.pids.size === 3);
  answered += await cluster.request(60);
  await cluster.untilLed(2);
  assert.equal(await cluster.sum('requests_total'), answered);
  assert.notEqual(await cluster.leader(), leader);
});
