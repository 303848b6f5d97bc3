import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AnyValue, type Attributes, SpanStatusCode } from '@opentelemetry/api';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';

import { RedactingLogRecordProcessor } from './redacting-log-record-processor.ts';
import { RedactingSpanProcessor } from './redacting-span-processor.ts';
import { Redactor } from './redactor.ts';
import { SensitiveKeys } from './sensitive-keys.ts';
import { LeanTracerProvider } from '@sonde/sdk';

const redacted = 'REDACTED';

function tracing(names: SensitiveKeys = new SensitiveKeys()) {
  const exporter = new InMemorySpanExporter();
  const processor = new RedactingSpanProcessor(new Redactor(names), [new SimpleSpanProcessor({ exporter })]);
  const tracer = new TracerProvider({ spanProcessors: [processor] }).getTracer('test');
  const last = () => exporter.getFinishedSpans().at(-1) ?? assert.fail('nothing is exported');
  return { tracer, last };
}

function logging(names: SensitiveKeys = new SensitiveKeys()) {
  const exporter = new InMemoryLogRecordExporter();
  const processors = [
    new RedactingLogRecordProcessor(new Redactor(names)),
    new SimpleLogRecordProcessor({ exporter }),
  ];
  const logger = new LoggerProvider({ processors }).getLogger('test');
  const last = () => exporter.getFinishedLogRecords().at(-1) ?? assert.fail('nothing is exported');
  return { logger, last };
}

const secrets: Attributes = {
  'http.request.header.authorization': ['Bearer abc'],
  'http.request.header.x-api-key': ['abc', 'def'],
  'http.request.header.x_api_key': ['abc'],
  'http.response.header.set-cookie': ['a=b'],
  'http.request.header.cookie': ['a=b'],
  'http.request.header.proxy-authorization': ['abc'],
  'user.password': 'abc',
  DB_PASSWORD: 'abc',
  accessToken: 'abc',
  refresh_token: 'abc',
  'stripe.api_key': 'abc',
  clientSecret: 'abc',
  'otp.token': 123_456,
  privateKey: 'abc',
};

const plain: Attributes = {
  'http.request.method': 'GET',
  'http.route': '/users/:id',
  'http.request.header.accept': ['text/html'],
  'gen_ai.usage.input_tokens': 12,
  'token.count': 3,
  'user.id': '42',
  'password.isSet': true,
  'session.id': 'abc',
  hasPassword: true,
  'db.query.text': "select '@' from users where name = 'password'",
  author: 'ada@example.com',
  authorized: 'yes',
  cookieless: 'yes',
};

test('redacts values of secret names in spans and log records, and no others', () => {
  const { tracer, last } = tracing();
  const { logger, last: lastLog } = logging();
  tracer.startSpan('x', { attributes: { ...secrets, ...plain } }).end();
  logger.emit({ attributes: { ...secrets, ...plain } });
  for (const { attributes } of [last(), lastLog()]) {
    for (const name of Object.keys(secrets)) {
      const all = [attributes[name]].flat();
      assert.ok(all.length > 0 && all.every((each) => each === redacted), name);
    }
    for (const [name, value] of Object.entries(plain)) assert.deepEqual(attributes[name], value, name);
  }
});

test('redacts secrets in URLs and queries, and keeps the rest', () => {
  const { tracer, last } = tracing();
  const attributes = {
    'url.full': 'https://u:p@host/a?b=1&token=c',
    'url.query': '?b=1&token=c',
    'http.target': '/a?token=c',
    'http.request.header.referer': ['https://idp/?code=c'],
    redirectUri: '/cb?code=c',
    'shop.note': 'see postgres://u:p@db/shop',
  };
  tracer.startSpan('GET http://u:p@host/', { attributes }).end();
  assert.equal(last().name, 'GET http://REDACTED:REDACTED@host/');
  assert.deepEqual(last().attributes, {
    'url.full': 'https://REDACTED:REDACTED@host/a?b=1&token=REDACTED',
    'url.query': '?b=1&token=REDACTED',
    'http.target': '/a?token=REDACTED',
    'http.request.header.referer': ['https://idp/?code=REDACTED'],
    redirectUri: '/cb?code=REDACTED',
    'shop.note': 'see postgres://REDACTED:REDACTED@db/shop',
  });
});

test('redacts events, links and the status message', () => {
  const { tracer, last } = tracing();
  const span = tracer.startSpan('x');
  span.recordException(new Error('cannot reach redis://:abc@cache:6379'));
  span.addEvent('login', { password: 'abc', user: 'ada' });
  span.addLink({ context: span.spanContext(), attributes: { token: 'abc' } });
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'cannot reach redis://:abc@cache:6379' });
  span.end();
  const { events, links, status } = last();
  const reached = 'cannot reach redis://REDACTED:REDACTED@cache:6379';
  assert.equal(status.message, reached);
  assert.equal(events[0]?.attributes?.['exception.message'], reached);
  assert.doesNotMatch(String(events[0]?.attributes?.['exception.stacktrace']), /abc@/);
  assert.deepEqual(events[1]?.attributes, { password: redacted, user: 'ada' });
  assert.deepEqual(links[0]?.attributes, { token: redacted });
});

test('does not modify the span of the application, and passes a span without secrets as is', () => {
  const got: ReadableSpan[] = [];
  const next = {
    onStart: () => {},
    onEnd: (span: ReadableSpan) => void got.push(span),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const processor = new RedactingSpanProcessor(new Redactor(new SensitiveKeys()), [next]);
  const shared = Object.freeze({ 'http.route': '/', 'url.query': 'token=abc' });
  const span = new TracerProvider().getTracer('test').startSpan('x') as unknown as ReadableSpan;
  const ended = { ...span, spanContext: () => span.spanContext(), attributes: shared } as ReadableSpan;
  processor.onEnd(ended);
  assert.equal(ended.attributes, shared);
  assert.deepEqual(shared, { 'http.route': '/', 'url.query': 'token=abc' });
  assert.deepEqual(got[0]?.attributes, { 'http.route': '/', 'url.query': 'token=REDACTED' });
  assert.equal(got[0]?.spanContext(), span.spanContext());
  processor.onEnd(span);
  assert.equal(got[1], span);
});

test('redacts nested values and arrays in the body of a log record', () => {
  const { logger, last } = logging();
  const body = {
    user: { name: 'ada', password: 'abc' },
    urls: ['http://u:p@h/', 7],
    bytes: new Uint8Array(2),
  };
  const request = { headers: { authorization: 'abc', accept: '*' } };
  logger.emit({ body, attributes: { request } });
  assert.deepEqual(last().body, {
    user: { name: 'ada', password: redacted },
    urls: ['http://REDACTED:REDACTED@h/', 7],
    bytes: new Uint8Array(2),
  });
  assert.deepEqual(last().attributes, { request: { headers: { authorization: redacted, accept: '*' } } });
  assert.deepEqual(
    [body.user.password, request.headers.authorization],
    ['abc', 'abc'],
    'the values of the caller',
  );

  logger.emit({ body: 'connected to amqp://u:p@queue' });
  assert.equal(last().body, 'connected to amqp://REDACTED:REDACTED@queue');
});

test('masks values that are nested too deeply or cannot be read', () => {
  const { logger, last } = logging();
  const loop: Record<string, AnyValue> = { note: 'x' };
  for (let width = 0; width < 50; width++) loop[`loop${width}`] = loop;
  logger.emit({ body: loop });
  assert.ok(JSON.stringify(last().body).includes(redacted), 'it ends');

  const poison = Object.defineProperty({ a: 1 }, 'b', { enumerable: true, get: () => assert.fail('getter') });
  assert.doesNotThrow(() => logger.emit({ body: poison, attributes: { note: 'abc' } }));
  assert.equal(last().body, redacted);
  assert.deepEqual(last().attributes, { note: redacted });
});

test('supports additional names and exceptions', () => {
  const names = new SensitiveKeys(['card.number', 'X-Tenant'], ['page_token', 'next.cookie']);
  const { logger, last } = logging(names);
  logger.emit({
    attributes: {
      'payment.card.number': '4111',
      'card-Number': '4111',
      'discard.number': 'one',
      'http.request.header.x-tenant': ['a'],
      pageToken: 'abc',
      'list.page_token': 'abc',
      'next.cookie': 'oatmeal',
      cookie: 'abc',
      url: '/?page_token=a&x-tenant=b&token=c&card[number]=d',
    },
  });
  assert.deepEqual(last().attributes, {
    'payment.card.number': redacted,
    'card-Number': '4111',
    'discard.number': 'one',
    'http.request.header.x-tenant': [redacted],
    pageToken: 'abc',
    'list.page_token': 'abc',
    'next.cookie': 'oatmeal',
    cookie: redacted,
    url: '/?page_token=a&x-tenant=REDACTED&token=REDACTED&card[number]=REDACTED',
  });
});

test('does not cache an unlimited number of names', () => {
  const redactor = new Redactor(new SensitiveKeys());
  for (let count = 0; count < 10_000; count++) {
    const name = `made up ${count}`;
    assert.deepEqual(redactor.attributes({ [name]: 'x', [`${name} password`]: 'x' }), {
      [name]: 'x',
      [`${name} password`]: redacted,
    });
  }
  assert.deepEqual(redactor.attributes({ [`${'x'.repeat(100_000)}_token`]: 'y' }), {
    [`${'x'.repeat(100_000)}_token`]: redacted,
  });
});

test('redacts events that a processor adds to an object that inherits from a span', () => {
  const exporter = new InMemorySpanExporter();
  const clean = new RedactingSpanProcessor(new Redactor(new SensitiveKeys()), [
    new SimpleSpanProcessor({ exporter }),
  ]);
  const event = { name: 'login', time: [1, 0], attributes: { password: 'abc' } };
  const spanProcessors = [
    {
      onStart: () => {},
      onEnd: (span: ReadableSpan) =>
        clean.onEnd(Object.create(span, { events: { value: [event] } }) as ReadableSpan),
      forceFlush: async () => {},
      shutdown: async () => {},
    },
  ];
  new LeanTracerProvider({ spanProcessors }).getTracer('test').startSpan('work').end();
  assert.deepEqual(exporter.getFinishedSpans()[0]?.events[0]?.attributes, { password: redacted });
});
