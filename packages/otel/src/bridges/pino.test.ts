import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { pino } from 'pino';
import { span } from '../api/span.ts';
import { startTesting } from '../testing.ts';
import { bridgePino } from './pino-hook.ts';

const require = createRequire(import.meta.url);
bridgePino(require('pino/lib/proto.js'), require('pino/lib/symbols.js'), { capture: true, traceIds: true });

test('a record of pino has its level, message and fields after redaction, and its line the ids of the span', () => {
  using telemetry = startTesting();
  const lines: string[] = [];
  const logger = pino({ redact: ['card'] }, { write: (line: string) => void lines.push(line) });
  const child = logger.child({ shop: 'north' });
  span('order', () =>
    child.error({ card: '4111', err: new RangeError('too many') }, 'order %s failed', 'A-17'),
  );
  logger.debug('below the level');
  const [record, ...more] = telemetry.logs();
  const [order] = telemetry.spans();
  assert.deepEqual(more, []);
  assert.deepEqual([record?.severity, record?.body], ['error', 'order A-17 failed']);
  assert.equal(record?.attributes['card'], '[Redacted]');
  assert.equal(record.attributes['shop'], 'north');
  assert.equal(record.attributes['exception.type'], 'RangeError');
  assert.equal(record.spanId, order?.spanId);
  assert.equal(JSON.parse(lines[0] ?? '').span_id, order?.spanId);
});
