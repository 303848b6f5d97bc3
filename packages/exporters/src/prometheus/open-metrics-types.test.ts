import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { openMetricsAccept, serve } from '../testing/served-exporter.ts';

const withoutLabels = { scopeInfo: false, targetInfo: false };

test('a gauge in the form of an info or a state set has that type in OpenMetrics', async () => {
  await using served = await serve(withoutLabels);
  const meter = served.provider.getMeter('m');
  meter.createGauge('build.info').record(1, { revision: 'a' });
  meter.createGauge('other.info').record(2, { revision: 'a' });
  const health = meter.createGauge('shop.health');
  health.record(0, { 'shop.health': 'starting' });
  health.record(1, { 'shop.health': 'healthy' });
  meter.createGauge('counted').record(3, { counted: 'x' });
  const page = await served.scrape(openMetricsAccept);
  assert.deepEqual(page.match(/^(?:# TYPE|build|other|shop|counted).*/gm), [
    '# TYPE build info',
    'build_info{revision="a"} 1',
    '# TYPE other_info gauge',
    'other_info{revision="a"} 2',
    '# TYPE shop_health stateset',
    'shop_health{shop_health="starting"} 0',
    'shop_health{shop_health="healthy"} 1',
    '# TYPE counted gauge',
    'counted{counted="x"} 3',
  ]);
  assert.match(await served.scrape(), /^# TYPE build_info gauge$/m);
});

test('a text file is written at once, for the textfile collector', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sonde-textfile-'));
  t.after(() => rm(folder, { recursive: true }));
  await using served = await serve(withoutLabels);
  served.provider.getMeter('m').createCounter('jobs').add(2);
  await served.exporter.writeTextfile(join(folder, 'job.prom'));
  assert.equal(await readFile(join(folder, 'job.prom'), 'utf8'), '# TYPE jobs_total counter\njobs_total 2\n');
  assert.deepEqual(await readdir(folder), ['job.prom']);
  await assert.rejects(served.exporter.writeTextfile(join(folder, 'missing', 'job.prom')), {
    code: 'ENOENT',
  });
});
