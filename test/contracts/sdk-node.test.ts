import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metrics } from '@opentelemetry/api';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { NodeSDK } from '@opentelemetry/sdk-node';

// Assumptions of Sonde about upstream. A failure after an upgrade shows which one no longer holds.

test('NodeSDK without readers keeps a meter provider that was registered before', async () => {
  const ours = new MeterProvider();
  assert.equal(metrics.setGlobalMeterProvider(ours), true);
  const sdk = new NodeSDK({
    autoDetectResources: false,
    metricReaders: [],
    spanProcessors: [],
    logRecordProcessors: [],
    instrumentations: [],
  });
  sdk.start();
  assert.equal(metrics.getMeterProvider(), ours);
  await sdk.shutdown();
});

test('NodeSDK adds no listeners for signals or the exit of the process', async () => {
  const events = ['SIGTERM', 'SIGINT', 'beforeExit', 'exit', 'uncaughtException', 'unhandledRejection'];
  const listeners = (): number[] => events.map((event) => process.listenerCount(event));
  const before = listeners();
  const sdk = new NodeSDK({ autoDetectResources: false, metricReaders: [], spanProcessors: [] });
  sdk.start();
  assert.deepEqual(listeners(), before);
  await sdk.shutdown();
});
