import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metrics } from '@opentelemetry/api';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { NodeSDK } from '@opentelemetry/sdk-node';

// What Sonde relies on in upstream. A failure here after an upgrade says which assumption to look at.

test('NodeSDK leaves a meter provider alone that was registered before, when it is given no readers', async () => {
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

test('NodeSDK listens to no signal and to no end of the process', async () => {
  const events = ['SIGTERM', 'SIGINT', 'beforeExit', 'exit', 'uncaughtException', 'unhandledRejection'];
  const listeners = (): number[] => events.map((event) => process.listenerCount(event));
  const before = listeners();
  const sdk = new NodeSDK({ autoDetectResources: false, metricReaders: [], spanProcessors: [] });
  sdk.start();
  assert.deepEqual(listeners(), before);
  await sdk.shutdown();
});
