import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { createLogger, format, transports } from 'winston';
import { span } from '../api/span.ts';
import { startTesting } from '../testing.ts';
import { bridgeWinston } from './winston-logger.ts';

bridgeWinston(createRequire(import.meta.url)('winston/lib/winston/logger.js'), {
  capture: true,
  traceIds: true,
});

test("a record of winston has the level, message and metadata of the logger's format, and its line the ids of the span", () => {
  using telemetry = startTesting();
  const lines: string[] = [];
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  const redact = format((info) => ({ ...info, card: '***' }));
  const logger = createLogger({
    format: format.combine(redact(), format.json()),
    transports: [new transports.Stream({ stream })],
  });
  span('order', () => {
    logger.warn('order placed', { card: '4111', items: 3 });
  });
  logger.debug('below the level');
  const [record, ...more] = telemetry.logs();
  const [order] = telemetry.spans();
  assert.deepEqual(more, []);
  assert.deepEqual([record?.severity, record?.body], ['warn', 'order placed']);
  assert.equal(record?.attributes['card'], '***');
  assert.equal(record.attributes['items'], 3);
  assert.equal(record.spanId, order?.spanId);
  assert.equal(JSON.parse(lines[0] ?? '').span_id, order?.spanId);
});
