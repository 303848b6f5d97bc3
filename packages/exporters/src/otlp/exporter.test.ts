import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createRawServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { suite, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { ExportResultCode } from '@opentelemetry/core';
import { type ReadableSpan, TracerProvider } from '@opentelemetry/sdk-trace';

import { OtlpReceiver } from '@sonde/test-support/otlp-receiver';
import { missingProgram } from '@sonde/test-support/needs';
import { selfSigned } from '../testing/self-signed.ts';
import { OtlpExportError } from './transport/export-error.ts';
import type { OtlpExportResult } from './exporter.ts';
import { otlpJson } from './encode/json.ts';
import { DeliveryQueue } from './queue/delivery-queue.ts';
import { OtlpTraceExporter } from './trace-exporter.ts';
import { type Notice, SondeConfigError } from '@sonde/sdk';

/** Ended spans with these names. */
function spans(...names: string[]): ReadableSpan[] {
  const ended: ReadableSpan[] = [];
  const keep = {
    onStart: () => {},
    onEnd: (span: ReadableSpan) => void ended.push(span),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const tracer = new TracerProvider({ spanProcessors: [keep] }).getTracer('test');
  for (const name of names) tracer.startSpan(name, {}, ROOT_CONTEXT).end();
  return ended;
}

const exported = (exporter: OtlpTraceExporter, batch = spans('work')): Promise<OtlpExportResult> => {
  const { promise, resolve } = Promise.withResolvers<OtlpExportResult>();
  exporter.export(batch, resolve);
  return promise;
};

const namesIn = (body: Uint8Array): string[] =>
  Array.from(
    Buffer.from(otlpJson('traces', body))
      .toString()
      .matchAll(/"name":"(work[^"]*)"/g),
    ([, name]) => name ?? '',
  );

const getError = ({ code, error }: OtlpExportResult): OtlpExportError => {
  assert.equal(code, ExportResultCode.FAILED);
  assert.ok(error instanceof OtlpExportError);
  return error;
};

suite('a request', () => {
  test('is a POST as the specification requires, and the next request reuses the connection', async () => {
    await using receiver = await OtlpReceiver.start();
    const exporter = new OtlpTraceExporter({
      url: `${receiver.url}/v1/traces`,
      headers: { 'X-Tenant': 'a' },
    });
    for (const name of ['work 1', 'work 2']) {
      const result = await exported(exporter, spans(name));
      assert.deepEqual(result, { code: ExportResultCode.SUCCESS, rejected: 0 });
    }
    const [first, second] = receiver.arrived;
    assert.equal(first?.method, 'POST');
    assert.equal(first.path, '/v1/traces');
    assert.equal(first.headers['content-type'], 'application/x-protobuf');
    assert.equal(first.headers['x-tenant'], 'a');
    assert.match(first.headers['user-agent'] ?? '', /^Sonde-OTLP-Exporter-JavaScript\/\d/);
    assert.equal(first.headers['content-length'], String(first.body.length));
    assert.deepEqual(namesIn(first.body), ['work 1']);
    assert.equal(second?.socket, first.socket);
    await exporter.shutdown();
    assert.equal(getError(await exported(exporter)).code, 'SONDE_OTLP_ABORTED');
  });

  test('is compressed if the option is set', async () => {
    await using receiver = await OtlpReceiver.start();
    const exporter = new OtlpTraceExporter({ url: receiver.url, compression: 'gzip' });
    await exported(exporter);
    const [{ headers, body }] = receiver.arrived as [(typeof receiver.arrived)[0]];
    assert.equal(headers['content-encoding'], 'gzip');
    assert.deepEqual(namesIn(gunzipSync(body)), ['work']);
  });

  test('is JSON if the option is set', async () => {
    await using receiver = await OtlpReceiver.start();
    await exported(new OtlpTraceExporter({ url: receiver.url, encoding: 'json' }));
    const [{ headers, body }] = receiver.arrived as [(typeof receiver.arrived)[0]];
    assert.equal(headers['content-type'], 'application/json');
    const { resourceSpans } = JSON.parse(body.toString());
    assert.equal(resourceSpans[0].scopeSpans[0].spans[0].name, 'work');
  });
});

suite('a failing receiver', () => {
  for (const status of [429, 502, 503, 504]) {
    test(`responds with ${status}: the request is retried`, async () => {
      await using receiver = await OtlpReceiver.start((response, count) => {
        response.writeHead(count === 1 ? status : 200).end();
      });
      const result = await exported(new OtlpTraceExporter({ url: receiver.url }));
      assert.equal(result.code, ExportResultCode.SUCCESS);
      assert.equal(receiver.arrived.length, 2);
      assert.deepEqual(receiver.arrived[0]?.body, receiver.arrived[1]?.body);
    });
  }

  for (const status of [302, 400, 404, 500]) {
    test(`responds with ${status}: the request is not retried`, async () => {
      await using receiver = await OtlpReceiver.start((response) => {
        response.writeHead(status, { location: '/elsewhere', 'retry-after': '0' }).end('no such tenant');
      });
      const error = getError(await exported(new OtlpTraceExporter({ url: receiver.url })));
      assert.match(error.message, status === 302 ? /redirects are not followed$/ : /: no such tenant$/);
      assert.equal(error.code, 'SONDE_OTLP_REFUSED');
      assert.equal(error.statusCode, status);
      assert.equal(receiver.arrived.length, 1);
    });
  }

  for (const status of [401, 403]) {
    test(`responds with ${status}: the request is retried, in case the credentials are renewed`, async () => {
      await using receiver = await OtlpReceiver.start((response, count) => {
        response.writeHead(count === 1 ? status : 200).end();
      });
      const notices: Notice[] = [];
      const exporter = new OtlpTraceExporter({
        url: receiver.url,
        onNotice: (notice) => notices.push(notice),
      });
      assert.equal((await exported(exporter)).code, ExportResultCode.SUCCESS);
      assert.deepEqual(
        notices.map(({ code }) => code),
        ['SONDE_EXPORT_FAILED'],
        'the operator is notified at once',
      );
    });
  }

  test('sends a Retry-After beyond the timeout: the batch waits, and is sent once more at shutdown', async () => {
    await using receiver = await OtlpReceiver.start((response, count) => {
      const retryAfter = new Date(Date.now() + 3_600_000).toUTCString();
      response.writeHead(count === 1 ? 503 : 200, { 'retry-after': retryAfter }).end();
    });
    const noticed = Promise.withResolvers<Notice>();
    const exporter = new OtlpTraceExporter({
      url: receiver.url,
      timeoutMs: 5000,
      onNotice: noticed.resolve,
    });
    const result = exported(exporter);
    assert.match((await noticed.promise).message, /failed to export spans to .*: HTTP 503/);
    await exporter.shutdown();
    assert.equal((await result).code, ExportResultCode.SUCCESS);
    assert.equal(receiver.arrived.length, 2);
  });

  test('closes the connection during a 200: the request is accepted and not sent twice', async () => {
    await using receiver = await OtlpReceiver.start((response) => {
      response.writeHead(200, { 'content-length': '10' }).write('half', () => response.destroy());
    });
    const result = await exported(new OtlpTraceExporter({ url: receiver.url }));
    assert.equal(result.code, ExportResultCode.SUCCESS);
    assert.equal(receiver.arrived.length, 1);
  });

  test('sends the body of a 200 slowly: at the timeout, the status counts', async (t) => {
    await using receiver = await OtlpReceiver.start((response) => {
      const timer = setInterval(() => response.write('x'), 20);
      t.after(() => clearInterval(timer));
    });
    const result = await exported(new OtlpTraceExporter({ url: receiver.url, timeoutMs: 200 }));
    assert.equal(result.code, ExportResultCode.SUCCESS);
  });

  test('sends an endless response with a 200: the request is accepted', async () => {
    await using receiver = await OtlpReceiver.start((response) => {
      const more = (): void => {
        if (!response.destroyed) response.write('x'.repeat(65_536), () => setImmediate(more));
      };
      more();
    });
    const result = await exported(new OtlpTraceExporter({ url: receiver.url }));
    assert.equal(result.code, ExportResultCode.SUCCESS);
  });

  test('is unreachable: the batch waits, and a shutdown gives it up after one attempt', async () => {
    const exporter = new OtlpTraceExporter({ url: 'http://127.0.0.1:1' });
    const result = exported(exporter);
    await exporter.shutdown();
    const error = getError(await result);
    assert.equal(error.code, 'SONDE_OTLP_CONNECTION');
    assert.match(error.message, /ECONNREFUSED/);
  });

  test('closes an idle connection as it is reused: the request is retried immediately', async () => {
    const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';
    let connections = 0;
    const server = createRawServer((socket) => {
      connections++;
      let requests = 0;
      socket.on('error', () => {});
      socket.on('data', (data) => {
        if (!data.includes('POST')) return;
        requests++;
        if (requests === 1) socket.write(answer);
        else socket.resetAndDestroy();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    // Too little time for a back-off.
    const exporter = new OtlpTraceExporter({ url, timeoutMs: 450 });
    assert.equal((await exported(exporter)).code, ExportResultCode.SUCCESS);
    assert.equal((await exported(exporter)).code, ExportResultCode.SUCCESS);
    assert.equal(connections, 2);
    await exporter.shutdown();
    server.close();
  });
});

test('an abort ends the attempt; the batch is sent with the next flush', async () => {
  await using receiver = await OtlpReceiver.start((response, count) => void (count > 1 && response.end()));
  const exporter = new OtlpTraceExporter({ url: receiver.url });
  const result = exported(exporter);
  await receiver.next();
  exporter.abort();
  await exporter.forceFlush();
  assert.equal((await result).code, ExportResultCode.SUCCESS);
  assert.deepEqual(
    receiver.arrived.map(({ body }) => namesIn(body)),
    [['work'], ['work']],
  );
});

/** `ExportTraceServiceResponse { partial_success { rejected_spans: 2, error_message: "too\nold" } }` */
const partly = Buffer.from([0x0a, 0x0b, 0x08, 0x02, 0x12, 0x07, ...Buffer.from('too\nold')]);

suite('a partial success', () => {
  const answers = {
    'application/x-protobuf': partly,
    'application/json': JSON.stringify({ partialSuccess: { rejectedSpans: '2', errorMessage: 'too\nold' } }),
  };
  for (const [type, body] of Object.entries(answers)) {
    test(`${type}: rejected items are counted and reported once`, async () => {
      await using receiver = await OtlpReceiver.start((response) => {
        response.writeHead(200, { 'content-type': type }).end(body);
      });
      const notices: Notice[] = [];
      const exporter = new OtlpTraceExporter({
        url: receiver.url,
        onNotice: (notice) => notices.push(notice),
      });
      for (let round = 0; round < 2; round++) {
        const result = await exported(exporter, spans('a', 'b', 'c'));
        assert.equal(result.code, ExportResultCode.SUCCESS);
        assert.equal(result.rejected, 2);
      }
      assert.deepEqual(
        notices.map(({ code, message }) => [code, message.replace(receiver.url, '')]),
        [['SONDE_OTLP_PARTLY_REJECTED', ' rejected 2 of 3 spans: too\\nold']],
      );
    });
  }

  test('a malformed response body is ignored', async () => {
    await using receiver = await OtlpReceiver.start((response) => response.end('<html>'));
    const result = await exported(new OtlpTraceExporter({ url: receiver.url }));
    assert.deepEqual(result, { code: ExportResultCode.SUCCESS, rejected: 0 });
  });
});

suite('spans that cannot be encoded', () => {
  const poisoned = (): ReadableSpan[] => {
    const [throws, circular] = spans('throws', 'circular') as [ReadableSpan, ReadableSpan];
    Object.defineProperty(throws.attributes, 'poison', {
      enumerable: true,
      get: () => {
        throw new Error('poison');
      },
    });
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    (circular.attributes as Record<string, unknown>)['circle'] = circle;
    return [throws, circular];
  };

  test('are dropped and counted; the other spans are exported', async () => {
    await using receiver = await OtlpReceiver.start();
    const notices: Notice[] = [];
    const exporter = new OtlpTraceExporter({ url: receiver.url, onNotice: (notice) => notices.push(notice) });
    const [throws, circular] = poisoned();
    const [first, last] = spans('work 1', 'work 2');
    const batch = [first, throws, circular, last] as ReadableSpan[];
    const result = await exported(exporter, batch);
    assert.deepEqual(result, { code: ExportResultCode.SUCCESS, rejected: 2 });
    assert.deepEqual(
      receiver.arrived.map(({ body }) => namesIn(body)),
      [['work 1', 'work 2']],
    );
    assert.deepEqual(
      notices.map(({ code }) => code),
      ['SONDE_OTLP_UNENCODABLE'],
    );
  });

  test('alone produce no request', async () => {
    await using receiver = await OtlpReceiver.start();
    const result = await exported(new OtlpTraceExporter({ url: receiver.url }), poisoned());
    assert.equal(getError(result).code, 'SONDE_OTLP_NOTHING_ENCODED');
    assert.equal(receiver.arrived.length, 0);
  });
});

suite('over TLS', { skip: missingProgram('openssl') }, () => {
  test('to a receiver that requires client certificates', async () => {
    const [server, client] = [selfSigned('server'), selfSigned('client')];
    const answering = createTlsServer(
      { ...server, ca: client.cert, requestCert: true },
      (request, response) => {
        request.resume().on('end', () => response.end());
      },
    ).listen(0, '127.0.0.1');
    await once(answering, 'listening');
    const url = `https://127.0.0.1:${(answering.address() as AddressInfo).port}`;
    const ca = server.cert.toString();
    const own = { cert: client.cert.toString(), key: client.key.toString() };
    const known = new OtlpTraceExporter({ url, tls: { ca, ...own } });
    assert.equal((await exported(known)).code, ExportResultCode.SUCCESS);
    for (const tls of [own, { ca }]) {
      const stranger = new OtlpTraceExporter({ url, tls, queue: new DeliveryQueue() });
      const result = exported(stranger);
      await stranger.shutdown();
      assert.equal(getError(await result).code, 'SONDE_OTLP_CONNECTION');
    }
    await known.shutdown();
    answering.closeAllConnections();
    answering.close();
  });
});

suite('an export in progress', () => {
  const program = (options: string): string => `
    import { TracerProvider } from '@opentelemetry/sdk-trace';
    import { OtlpTraceExporter } from '@sonde/exporters';
    const exporter = new OtlpTraceExporter(${options});
    const onEnd = (span) => exporter.export([span], ({ error }) => console.log(error?.code));
    const processor = { onStart() {}, onEnd, async forceFlush() {}, async shutdown() {} };
    new TracerProvider({ spanProcessors: [processor] }).getTracer('test').startSpan('work').end();
    process.once('exit', () => console.log('end'));`;
  const run = async (options: object): Promise<string> => {
    const code = program(JSON.stringify(options));
    const args = ['--conditions=@sonde/source', '--input-type=module', '--eval', code];
    const child = spawn(process.execPath, args, {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const output = Buffer.concat(await child.stdout.toArray()).toString();
    return output.trim();
  };

  test('keeps the process alive unless unref is set', async () => {
    await using receiver = await OtlpReceiver.start((response) => {
      setTimeout(() => response.end(), 300);
    });
    const { url } = receiver;
    assert.equal(await run({ url }), 'undefined\nend');
    assert.equal(await run({ url, timeoutMs: 60_000, unref: true }), 'end');
    const dead = 'http://127.0.0.1:1';
    assert.equal(await run({ url: dead, timeoutMs: 60_000, unref: true }), 'end');
  });
});

test('all invalid options are reported in one error, without secrets', () => {
  const wrong: object = { url: 'ftp://user:secret@host', timeoutMs: -1, compression: 'zip', header: {} };
  assert.throws(
    () => new OtlpTraceExporter(wrong),
    (error: SondeConfigError) => {
      assert.ok(error instanceof SondeConfigError);
      assert.deepEqual(
        error.faults.map(({ option }) => option),
        ['url', 'timeoutMs', 'compression', 'header'],
      );
      assert.doesNotMatch(error.message, /secret/);
      return true;
    },
  );
});
