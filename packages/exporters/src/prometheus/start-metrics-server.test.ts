import assert from 'node:assert/strict';
import { test } from 'node:test';

import { metrics } from '@opentelemetry/api';

import { startMetricsServer } from './start-metrics-server.ts';
import type { Notice } from '@sonde/sdk';

test('one call serves the metrics of the API; a second one reports the conflict', async () => {
  const early = startMetricsServer(0);
  metrics.getMeter('app').createCounter('jobs').add(2);
  const start = await early.ready();
  assert.ok('url' in start);
  assert.match(await (await fetch(start.url)).text(), /^jobs_total\{otel_scope_name="app"\} 2$/m);
  const notices: Notice[] = [];
  const late = startMetricsServer(0, { onNotice: (notice) => void notices.push(notice) });
  assert.deepEqual(
    notices.map(({ code }) => code),
    ['SONDE_METER_PROVIDER_REGISTERED'],
  );
  await Promise.all([early.close(), early.close(), late.close()]);
  await assert.rejects(fetch(start.url));
});
