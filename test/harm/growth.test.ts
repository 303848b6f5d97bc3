import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { createRequire } from 'node:module';
import { before, test } from 'node:test';
import {
  defaultTextMapGetter,
  metrics,
  propagation,
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { B3Propagator } from '@opentelemetry/propagator-b3';
import { encodeLogs, OtlpTraceExporter, PrometheusExporter } from '@sonde/exporters';
import { counter, getLogger, start } from '@sonde/otel';
import { createRouter } from '@sonde/router';
import type { pino as Pino } from 'pino';
import type * as Winston from 'winston';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import { packageFlags } from '../support/program.ts';
import { assertLinear, repeated, unitsOnTheWire } from './support/growth.ts';
import { asked, served } from './support/raw-request.ts';

const timeout = 170_000;

/** Input of the last span. */
let last: ReadableSpan | undefined;
const capture: SpanProcessor = {
  onStart: () => {},
  onEnd: (span) => {
    last = span;
  },
  forceFlush: async () => {},
  shutdown: async () => {},
};
const captureLogs = { onEmit: () => {}, forceFlush: async () => {}, shutdown: async () => {} };

before(() => {
  start({
    serviceName: 'growth',
    redact: { messages: true },
    traces: { exporter: ['none'], spanProcessors: [capture] },
    logs: { exporter: ['none'], console: false, logRecordProcessors: [captureLogs] },
    metrics: { exporter: ['none'], metricReaders: [new PrometheusExporter({ port: 0 })] },
  });
});

function spanWith(attributes: Record<string, string>): void {
  trace.getTracer('growth').startSpan('x', { attributes }).end();
}

test('the measure detects quadratic work and accepts linear work', { timeout }, async () => {
  const units = ['a'];
  await assertLinear((text) => JSON.stringify({ text }), { units });
  await assertLinear((text) => text.split('').toSorted().join(''), { units });
  const quadratic = (text: string): number => {
    let found = 0;
    for (let index = 0; index < text.length; index += 16) found += text.indexOf('b', index);
    return found;
  };
  await assert.rejects(assertLinear(quadratic, { units }), /characters take/);
  await assert.rejects(
    assertLinear((text) => /a+b/.test(text), { units }),
    /characters take/,
  );
});

for (const name of [
  'shop.note',
  'url.full',
  'url.query',
  'http.target',
  'db.query.text',
  'db.dsn',
  'db.url',
]) {
  test(`an attribute ${name} is redacted in linear time`, { timeout }, async () => {
    await assertLinear((text) => spanWith({ [name]: text }));
    assert.ok(last?.attributes[name] !== undefined);
  });
}

test('attribute names are checked in linear time', { timeout }, async () => {
  await assertLinear((text) => spanWith({ [text]: 'x' }));
});

test(
  'names of spans and messages of their status are searched in time in proportion',
  { timeout },
  async () => {
    const tracer = trace.getTracer('growth');
    await assertLinear((text) => {
      tracer
        .startSpan(text)
        .setStatus({ code: SpanStatusCode.ERROR, message: `${text}.` })
        .end();
    });
  },
);

test('exceptions are recorded in linear time', { timeout }, async () => {
  const tracer = trace.getTracer('growth');
  await assertLinear((text) => {
    const span = tracer.startSpan('x');
    span.recordException(new Error(text));
    span.end();
  });
});

test('log records are redacted in linear time', { timeout }, async () => {
  const log = getLogger('growth');
  await assertLinear((text) => log.info(text, { note: text, url: text, [text.slice(0, 1000)]: { text } }));
});

test('stack traces and causes are recorded in linear time', { timeout }, async () => {
  const log = getLogger('growth');
  await assertLinear(
    (text) => {
      const error = new Error('x', { cause: Object.assign(new Error('y'), { stack: text }) });
      log.exception(Object.assign(error, { stack: `Error: x\n${text}` }), 'failed');
    },
    { units: ['a', '\n', ' ', '    at f (file:1:2)\n', '(', ':', 'at '] },
  );
});

let nameCount = 0;
/** Names of about 16 characters that no call has seen before, so that none is cached. */
const distinct = (length: number, prefix: string): string[] =>
  Array.from({ length: Math.max(1, length / 16) }, () => `${prefix}.${nameCount++}`.padEnd(16, 'x'));

test('distinct attribute names are recorded in linear time', { timeout }, async () => {
  const log = getLogger('growth');
  const count = counter('growth.names');
  const record = (names: readonly string[]): Record<string, string> =>
    Object.fromEntries(names.map((name) => [name, 'x']));
  const units = ['name', 'password', 'url'];
  await assertLinear((text) => spanWith(record(distinct(text.length, text.slice(0, 8)))), { units });
  await assertLinear((text) => log.info('x', record(distinct(text.length, text.slice(0, 8)))), { units });
  await assertLinear((text) => log.info('x', { nested: record(distinct(text.length, text.slice(0, 8))) }), {
    units,
  });
  await assertLinear((text) => count.add(1, record(distinct(text.length, text.slice(0, 8)))), { units });
});

test(
  'names of instruments, meters, tracers and loggers are checked in linear time',
  { timeout },
  async () => {
    const units = ['a', '.', '/', 'a.', '-', ' ', 'é'];
    await assertLinear((text) => counter(text).add(1), { units });
    await assertLinear((text) => metrics.getMeter(text).createHistogram(text).record(1), { units });
    await assertLinear((text) => trace.getTracer(text).startSpan('x').end(), { units });
    await assertLinear((text) => getLogger(text).info('x'), { units });
  },
);

test('lines of pino and winston are read in linear time', { timeout }, async () => {
  // Loaded after start(), which instruments them.
  const load = createRequire(import.meta.url);
  const pino = load('pino') as typeof Pino;
  const winston = load('winston') as typeof Winston;
  const discard = new Writable({ write: (_chunk, _encoding, done) => done() });
  const line = pino({ redact: ['secret'] }, discard);
  const { createLogger, transports } = winston;
  const logger = createLogger({ transports: [new transports.Stream({ stream: discard })] });
  const units = ['a', '"', '\\', '\n', 'é', '%s', '{"a":', 'password=', 'Bearer '];
  await assertLinear((text) => line.info({ text, [text]: 1, nested: { text } }, text), { units });
  await assertLinear((text) => line.child({ text }).error(new Error(text)), { units });
  await assertLinear((text) => logger.info(text, { text, [text]: 1 }), { units });
});

for (const name of ['b3', 'b3multi'] as const) {
  test(`the fields of ${name} are parsed in linear time`, { timeout }, async () => {
    const propagator = new B3Propagator();
    const units = ['a', '-', '0', '1', ',', 'a-b-'];
    await assertLinear(
      (text) =>
        propagator.extract(
          ROOT_CONTEXT,
          name === 'b3' ? { b3: text } : { 'x-b3-traceid': text, 'x-b3-spanid': text, 'x-b3-sampled': text },
          defaultTextMapGetter,
        ),
      { units },
    );
  });
}

test('metric attributes are aggregated in linear time', { timeout }, async () => {
  const count = counter('growth');
  await assertLinear((text) => count.add(1, { note: text, [text]: 'x' }));
});

for (const field of ['traceparent', 'tracestate', 'baggage']) {
  test(`the header ${field} is parsed in linear time`, { timeout }, async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await assertLinear((text) => propagation.extract(ROOT_CONTEXT, { traceparent, [field]: text }));
    await assertLinear((text) => propagation.extract(ROOT_CONTEXT, { traceparent, [field]: `a=1,${text}` }));
  });
}

test('values of any type are encoded in linear time', { timeout }, async () => {
  const exporter = new InMemoryLogRecordExporter();
  const logger = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] }).getLogger(
    'x',
  );
  await assertLinear(
    (text) => {
      exporter.reset();
      const list = Array.from({ length: text.length / 64 }, (_, index) => ({
        [`k${index % 100}`]: [text.slice(0, 32), index],
      }));
      logger.emit({ body: { text, list }, attributes: { text, list } });
      encodeLogs(exporter.getFinishedLogRecords());
    },
    { units: ['a', 'é', '"'] },
  );
});

for (const format of ['json', 'logfmt', 'pretty', '%(asctime)s %(levelname)s %(name)s %(message)s']) {
  test(
    `the console's ${format} lines are written in time in proportion to their length`,
    { timeout },
    async () => {
      const program = join(import.meta.dirname, 'support', 'console-growth.ts');
      const args = [...packageFlags, program, format];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
      // Kept is the end, where an assertion that failed says why.
      let end = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        end = (end + text).slice(-3000);
      });
      const [code] = (await once(child, 'close')) as [number];
      assert.equal(code, 0, end);
    },
  );
}

const wire = { units: unitsOnTheWire.slice(0, 20) };

test('the router parses targets, queries and headers in linear time', { timeout }, async () => {
  const router = createRouter({ trustProxy: true })
    .get('/files/*path', (c) => c.params.path.length)
    .get('/', (c) => Object.keys(c.query as object).length + c.url.href.length);
  await served(router.handler, async (port) => {
    assert.match(await asked(port, '/?a=1'), /^HTTP\/1.1 200/);
    await assertLinear((text) => asked(port, `/?${text}`), wire);
    assert.ok(String(last?.attributes['url.query']).length > 1000, 'it is recorded');
    await assertLinear((text) => asked(port, `/files/${text}`), wire);
    await assertLinear((text) => asked(port, `/${text}`), wire);
    await assertLinear((text) => asked(port, `http://${text}`), wire);
    for (const field of [
      'host',
      'forwarded',
      'x-forwarded-for',
      'x-forwarded-host',
      'cookie',
      'user-agent',
      'traceparent',
      'baggage',
    ]) {
      await assertLinear((text) => asked(port, '/', [`${field}: ${text}`]), {
        units: ['a', ',', ';', '[', '"', 'for=a,', 'a=1,'],
      });
    }
  });
});

test('the router reads bodies in linear time', { timeout }, async () => {
  const router = createRouter({ bodyLimitBytes: 4_194_304 })
    .post('/json', async (c) => typeof (await c.json()))
    .post('/form', async (c) => [...(await c.form())].length);
  const units = ['a', '=', '&', 'a=1&', '%', '%25', '[', '{"a":', '"', '__proto__', String.raw`\u0061`];
  await served(router.handler, async (port) => {
    await assertLinear((text) => asked(port, '/json', ['content-type: application/json'], text), { units });
    await assertLinear(
      (text) => asked(port, '/form', ['content-type: application/x-www-form-urlencoded'], text),
      { units },
    );
    const multipart = 'content-type: multipart/form-data; boundary=b';
    await assertLinear((text) => asked(port, '/form', [multipart], `--b\r\n${text}\r\n--b--\r\n`), { units });
    await assertLinear((text) => asked(port, '/json', [`content-type: ${text}`], '{}'), {
      units: ['a', ';', '=', 'a/b', '; a=b', '"', '\\'],
    });
  });
});

test('the Prometheus endpoint parses requests in linear time', { timeout }, async () => {
  const exporter = new PrometheusExporter({ port: 0 });
  await served(exporter.handler, async (port) => {
    await assertLinear((text) => asked(port, `/metrics?name[]=${text}`), wire);
    await assertLinear((text) => asked(port, `/metrics?name[]=${repeated('a&name[]=', text.length)}`), {
      units: ['a'],
    });
    for (const field of [
      'accept',
      'accept-encoding',
      'host',
      'authorization',
      'x-prometheus-scrape-timeout-seconds',
    ]) {
      await assertLinear((text) => asked(port, '/metrics', [`${field}: ${text}`]), {
        units: ['a', ',', ';', '=', '*/*,', 'text/plain;q=0.1,', 'a;', '"', ' a', '%', ':'],
      });
    }
  });
  await exporter.shutdown();
});

test("a receiver's answers are read in time in proportion", { timeout }, async () => {
  let answer: { status: number; type: string; retryAfter: string; body: string } | undefined;
  await served(
    (request, response) => {
      request.resume().on('end', () => {
        const { status = 200, type = '', retryAfter = '', body = '' } = answer ?? {};
        response.writeHead(status, {
          'content-type': type,
          ...(retryAfter && { 'retry-after': retryAfter }),
        });
        response.end(body);
      });
    },
    async (port) => {
      spanWith({ note: 'x' });
      const span = last ?? assert.fail('no span');
      const exported = async (): Promise<void> => {
        const exporter = new OtlpTraceExporter({ url: `http://127.0.0.1:${port}/v1/traces` });
        await new Promise<void>((resolve) => exporter.export([span], () => resolve()));
        await exporter.shutdown();
      };
      // An answer comes over a connection, so a character costs more than one of a text in memory.
      const units = ['a', '\n', '\u0000', '[', '{"a":', '"', '\u0012\u0001a', '\b', ' ', '0'];
      for (const type of ['application/json', 'application/x-protobuf', 'text/html']) {
        for (const status of [200, 400]) {
          await assertLinear(
            (text) => {
              answer = { status, type, retryAfter: '', body: text };
              return exported();
            },
            { units, leastReferenceNs: 20 },
          );
        }
      }
      await assertLinear(
        (text) => {
          answer = { status: 400, type: text.slice(0, 8000), retryAfter: text.slice(0, 8000), body: '' };
          return exported();
        },
        { units: ['a', '1', ':', ',', ' a'], leastReferenceNs: 20 },
      );
    },
  );
});
