import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { startTesting } from '../testing.ts';
import { recordWarnings } from './process-warnings.ts';

test('a process warning is a WARN record with the exception attributes, until the listener is removed', async (t) => {
  using telemetry = startTesting();
  const release = recordWarnings();
  t.after(release);
  const warned = once(process, 'warning');
  process.emitWarning('use another function', { type: 'DeprecationWarning', code: 'APP001' });
  await warned;
  release();
  const unrecorded = once(process, 'warning');
  process.emitWarning('not recorded');
  await unrecorded;
  const [record, ...more] = telemetry.logs();
  assert.deepEqual(more, []);
  assert.equal(record?.severity, 'WARN');
  assert.equal(record.body, 'DeprecationWarning: use another function');
  assert.equal(record.attributes['exception.message'], 'use another function');
});

test('a warning whose name throws has a record with the type of its class', async (t) => {
  using telemetry = startTesting();
  t.after(recordWarnings());
  class Hostile extends Error {
    override get name(): string {
      throw new Error('no name');
    }
  }
  // Node.js would read the name to print it.
  const printers = process.listeners('warning').filter(({ name }) => name !== 'record');
  for (const listener of printers) process.off('warning', listener);
  process.emit('warning', new Hostile('hidden'));
  for (const listener of printers) process.on('warning', listener);
  const [record] = telemetry.logs();
  assert.match(String(record?.body), /: hidden$/);
});
