// Unexpected errors are logged through the Logs API, and to standard error without a logger provider.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logs, SeverityNumber } from '@opentelemetry/api';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { createRouter, problem } from './index.ts';
import { Sdk } from './testkit/sdk.ts';

const broken = new TypeError('no');
const app = createRouter()
  .get('/broken/:id', () => {
    throw broken;
  })
  .get('/expected', () => {
    throw problem(503);
  });
const get = (path: string): Promise<Response> => app.fetch(new Request(`http://test${path}`));

test('without a log pipeline an error is written to stderr once', async (t) => {
  const { mock } = t.mock.method(console, 'error', () => {});
  assert.equal((await get('/broken/1')).status, 500);
  assert.equal((await get('/expected')).status, 503);
  assert.deepEqual(
    mock.calls.map((call) => call.arguments),
    [['GET /broken/:id failed', broken]],
  );
});

test('with a log pipeline an error is a log record in the context of the request, not written to stderr', async (t) => {
  const { mock } = t.mock.method(console, 'error', () => {});
  const sdk = new Sdk();
  const exporter = new InMemoryLogRecordExporter();
  logs.setGlobalLoggerProvider(
    new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] }),
  );
  assert.equal((await get('/broken/1')).status, 500);
  const [span] = await sdk.spans();
  const [record, ...others] = exporter.getFinishedLogRecords();
  assert.equal(others.length, 0);
  assert.equal(record?.body, 'GET /broken/:id failed');
  assert.equal(record.severityNumber, SeverityNumber.ERROR);
  assert.equal(record.severityText, 'ERROR');
  assert.equal(record.attributes['exception.type'], 'TypeError');
  assert.equal(record.attributes['exception.message'], 'no');
  assert.equal(record.instrumentationScope.name, '@sonde/router');
  assert.equal(record.spanContext?.spanId, span?.spanContext().spanId);
  assert.equal(span?.events.length, 1);
  assert.equal(mock.callCount(), 0);
});
