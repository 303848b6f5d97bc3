import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OtlpExportError } from '../transport/export-error.ts';
import { Gate } from './gate.ts';

const refused = {
  status: 'retryable',
  error: new OtlpExportError('SONDE_OTLP_CONNECTION', 'connect ECONNREFUSED'),
} as const;
const overloaded = {
  status: 'retryable',
  error: new OtlpExportError('SONDE_OTLP_REFUSED', 'HTTP 503', { statusCode: 503 }),
} as const;

/** Ends one attempt. */
function attempt(gate: Gate, outcome: Parameters<Gate['end']>[1]): void {
  gate.end(gate.begin(), outcome);
}

test('admits several requests at a time, up to the limit', () => {
  const gate = new Gate(2);
  gate.begin();
  assert.equal(gate.isOpen, true);
  const second = gate.begin();
  assert.equal(gate.isOpen, false);
  gate.end(second, 'answered');
  assert.equal(gate.isOpen, true);
});

test('closes after a failure, for at most 5 s if the connection fails', () => {
  const gate = new Gate(4);
  for (let failure = 0; failure < 20; failure++) {
    gate.expedite();
    attempt(gate, refused);
    assert.equal(gate.isOpen, false);
    assert.ok(gate.opensInMs <= 5000, `${gate.opensInMs} ms`);
  }
  assert.equal(gate.lastError, refused.error);
  assert.ok(gate.failingForMs > 0);
});

test('the delay grows up to 30 s if the receiver answers', () => {
  const gate = new Gate(4);
  const delaysMs: number[] = [];
  for (let failure = 0; failure < 10; failure++) {
    gate.expedite();
    attempt(gate, overloaded);
    delaysMs.push(gate.opensInMs);
  }
  assert.ok(delaysMs[0]! > 400 && delaysMs[0]! <= 1000, `${delaysMs[0]} ms`);
  assert.ok(delaysMs[9]! > 14_000 && delaysMs[9]! <= 30_000, `${delaysMs[9]} ms`);
});

test('new data limits the delay to 1 s without a response and to 5 s with one', () => {
  for (const [failure, limitMs] of [
    [refused, 1000],
    [overloaded, 5000],
  ] as const) {
    const gate = new Gate(4);
    for (let count = 0; count < 10; count++) {
      gate.expedite();
      attempt(gate, failure);
    }
    const delayMs = gate.opensInMs;
    gate.limitDelay();
    assert.ok(gate.opensInMs > 0 && gate.opensInMs <= Math.min(delayMs, limitMs), `${gate.opensInMs} ms`);
    gate.begin();
    assert.equal(gate.isOpen, false, 'one request at a time');
  }
});

test('new data does not shorten a delay that the receiver asks for', () => {
  const gate = new Gate(4);
  attempt(gate, { ...overloaded, retryAfterMs: 60_000 });
  gate.limitDelay();
  assert.ok(gate.opensInMs > 59_000, `${gate.opensInMs} ms`);
});

test('failures of requests that were in flight together count once', () => {
  const gate = new Gate(4);
  const started = [gate.begin(), gate.begin(), gate.begin(), gate.begin()];
  for (const startedAtMs of started) gate.end(startedAtMs, overloaded);
  assert.ok(gate.opensInMs <= 1000, `${gate.opensInMs} ms`);
});

test('admits one request to probe the receiver, and several once that succeeds', () => {
  const gate = new Gate(4);
  attempt(gate, refused);
  gate.expedite();
  const probe = gate.begin();
  assert.equal(gate.isOpen, false);
  gate.end(probe, 'answered');
  gate.begin();
  assert.equal(gate.isOpen, true);
  assert.equal(gate.lastError, undefined);
});

test('obeys a delay of any length that the receiver asks for, and goes on with one request at a time', () => {
  const gate = new Gate(4);
  attempt(gate, { ...overloaded, retryAfterMs: 3_600_000 });
  gate.expedite();
  assert.ok(gate.opensInMs > 3_590_000);
  gate.beginExit(1000);
  attempt(gate, 'answered');
  gate.cancelExit();
  assert.equal(gate.isOpen, true);
  gate.begin();
  assert.equal(gate.isOpen, true, 'two requests after a success');
  gate.begin();
  assert.equal(gate.isOpen, false);
});

test('an aborted attempt says nothing about the receiver', () => {
  const gate = new Gate(4);
  attempt(gate, refused);
  const { opensInMs } = gate;
  attempt(gate, 'aborted');
  assert.ok(gate.opensInMs > 0 && gate.opensInMs <= opensInMs);
});

test('before the end of the process: tries a receiver that failed once more, and then no more', () => {
  const gate = new Gate(4);
  attempt(gate, { ...overloaded, retryAfterMs: 30_000 });
  gate.beginExit(2000);
  assert.equal(gate.isOpen, true);
  attempt(gate, refused);
  assert.equal(gate.isAttemptUseless, true);
  assert.equal(gate.isOpen, false);
  gate.cancelExit();
  assert.equal(gate.isAttemptUseless, false);
});

test('before the end of the process: a receiver that worked until now is tried again soon', () => {
  const gate = new Gate(4);
  attempt(gate, 'answered');
  gate.beginExit(2000);
  attempt(gate, refused);
  assert.equal(gate.isAttemptUseless, false);
  assert.ok(gate.opensInMs <= 100);
});

test('before the end of the process: a delay beyond the budget ends the attempts', () => {
  const gate = new Gate(4);
  attempt(gate, 'answered');
  gate.beginExit(2000);
  attempt(gate, { ...overloaded, retryAfterMs: 3000 });
  assert.equal(gate.isAttemptUseless, true);
});
