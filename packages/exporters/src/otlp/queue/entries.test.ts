import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NoticeBoard } from '@sonde/sdk';
import { createTransport } from '../transport/create-transport.ts';
import { OtlpExportError } from '../transport/export-error.ts';
import { Delivery } from './delivery.ts';
import { Entries, type Entry, findWakeUp } from './entries.ts';
import { Gate } from './gate.ts';
import { Lane } from './lane.ts';

const overloaded = {
  status: 'retryable',
  error: new OtlpExportError('SONDE_OTLP_REFUSED', 'HTTP 503', { statusCode: 503 }),
} as const;

/** Returns the entry of a lane that admits one request at a time. */
function createEntry(waitingCount: number): Entry {
  const notices = new NoticeBoard();
  const lane = new Lane({ gate: new Gate(1), maxRequestBytes: 1024, maxConcurrency: 1 });
  const { transport, timeoutMs } = createTransport('traces', { url: 'http://127.0.0.1:1' }, notices);
  const { endpoint } = transport;
  for (let sequence = 0; sequence < waitingCount; sequence++) {
    const request = { signal: 'traces', endpoint, body: new Uint8Array(1), itemCount: 1 } as const;
    lane.add(new Delivery(request, { sequence, isSnapshot: false, onSettled: () => {} }));
  }
  const options = {
    signal: 'traces',
    transport,
    timeoutMs,
    maxRequestBytes: 1024,
    unref: false,
    notices,
  } as const;
  return new Entries().add(lane, options);
}

test('a request whose delay ends while the queue runs is woken at once', () => {
  const entry = createEntry(1);
  // The queue checked the lane a moment ago, when the delay had not ended.
  assert.deepEqual(findWakeUp([entry], Infinity), { waitMs: 0, isKeptAlive: true });
});

test('a request that waits for its delay is woken at the end of the delay', () => {
  const entry = createEntry(1);
  const { gate } = entry.lane;
  gate.end(gate.begin(), overloaded);
  const { waitMs, isKeptAlive } = findWakeUp([entry], Infinity);
  assert.ok(waitMs > 0 && waitMs <= 1000, `${waitMs} ms`);
  assert.equal(isKeptAlive, true);
});

test('a request that waits for the attempt in flight needs no timer', () => {
  const entry = createEntry(2);
  entry.lane.begin();
  entry.lane.beginAttempt();
  assert.equal(findWakeUp([entry], Infinity).waitMs, Infinity);
  assert.equal(findWakeUp([entry], 0).waitMs, Infinity, 'nor does a replay');
});

test('a replay that is due waits for the delay of the receiver, without keeping the process alive', () => {
  const entry = createEntry(0);
  assert.deepEqual(findWakeUp([entry], 0), { waitMs: 0, isKeptAlive: false });
  const { gate } = entry.lane;
  gate.end(gate.begin(), overloaded);
  const { waitMs, isKeptAlive } = findWakeUp([entry], 0);
  assert.ok(waitMs > 0 && waitMs <= 1000, `${waitMs} ms`);
  assert.equal(isKeptAlive, false);
  assert.equal(findWakeUp([entry], 60_000).waitMs, 60_000);
  assert.equal(findWakeUp([entry], Infinity).waitMs, Infinity);
});
