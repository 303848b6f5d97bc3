import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { buildCollector, collectorPlaces, startCollector } from '../support/collector.ts';
import { startHello } from '../support/example.ts';
import { freePort } from '../support/free-port.ts';
import { needs } from '../support/needs.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import { findProgram } from '../support/run.ts';

const file = '../../deploy/base/agent/config.yaml';

test(
  'while the gateway is away, what a pod sent waits on the node, beyond the end of the agent',
  { timeout: 600_000 },
  async (t) => {
    const go = await findProgram('go');
    if (go === undefined) return needs(t, 'Go, to build the Collector');
    const collector = await buildCollector(go);
    const gatewayPort = await freePort();
    const places = await collectorPlaces(`http://127.0.0.1:${gatewayPort}`);
    t.after(() => rm(places.storage, { recursive: true, force: true }));

    await using first = await startCollector(collector, places, { file });
    const { program, url } = await startHello('', {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${places.otlpPort}`,
    });
    await using pod = program;
    await (await fetch(`${url}/users/42`)).text();
    pod.kill('SIGTERM');
    assert.deepEqual(await pod.ended, { code: null, signal: 'SIGTERM' });
    first.kill('SIGTERM');
    assert.deepEqual(await first.ended, { code: 0, signal: null });

    await using gateway = await OtlpSink.start(gatewayPort);
    await using second = await startCollector(collector, places, { file });
    const span = await gateway.until(({ spans }) => spans.find(({ name }) => name === 'GET /users/:id'));
    const log = await gateway.until(({ logs }) => logs.find(({ name }) => name === 'Looking up a user'));
    assert.equal(log.traceId, span.traceId);
    await gateway.until(({ metrics }) => metrics.find(({ name }) => name === 'http.requests'));
    void second;
  },
);
