import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { ExportResultCode } from '@opentelemetry/core';
import { type ReadableSpan, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Notice } from '@sonde/sdk';
import { OtlpReceiver } from '@sonde/test-support/otlp-receiver';
import { otlpJson } from '../encode/json.ts';
import type { OtlpExportResult } from '../exporter.ts';
import type { OtlpOptions } from '../options.ts';
import { Spool } from '../spool/spool.ts';
import { OtlpTraceExporter } from '../trace-exporter.ts';
import { OtlpLogExporter } from '../log-exporter.ts';
import { DeliveryQueue } from './delivery-queue.ts';
import type { DeliveryQueueOptions } from './request-queue.ts';
import { LoggerProvider, type ReadableLogRecord } from '@opentelemetry/sdk-logs';

const unreachable = 'http://127.0.0.1:1';

/** Creates ended spans with these names. */
function spans(names: readonly string[], attributes: Record<string, string> = {}): ReadableSpan[] {
  const ended: ReadableSpan[] = [];
  const keep = {
    onStart: () => {},
    onEnd: (span: ReadableSpan) => void ended.push(span),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const tracer = new TracerProvider({ spanProcessors: [keep] }).getTracer('test');
  for (const name of names) tracer.startSpan(name, { attributes }, ROOT_CONTEXT).end();
  return ended;
}

function records(body: string): ReadableLogRecord[] {
  const emitted: ReadableLogRecord[] = [];
  const keep = {
    onEmit: (record: ReadableLogRecord) => void emitted.push(record),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  new LoggerProvider({ processors: [keep] }).getLogger('test').emit({ body });
  return emitted;
}

const namesIn = (body: Uint8Array): string[] =>
  Array.from(
    Buffer.from(otlpJson('traces', body))
      .toString()
      .matchAll(/"name":"(work[^"]*)"/g),
    ([, name]) => name ?? '',
  );

/** Creates a queue with an exporter of spans. */
function create(
  url: string,
  bounds: DeliveryQueueOptions = {},
  options: OtlpOptions = {},
): {
  queue: DeliveryQueue;
  exporter: OtlpTraceExporter;
  notices: Notice[];
  send: (batch: readonly ReadableSpan[]) => Promise<OtlpExportResult>;
} {
  const queue = new DeliveryQueue(bounds);
  const notices: Notice[] = [];
  const exporter = new OtlpTraceExporter({
    url,
    queue,
    onNotice: (notice) => notices.push(notice),
    ...options,
  });
  const send = (batch: readonly ReadableSpan[]): Promise<OtlpExportResult> => {
    const { promise, resolve } = Promise.withResolvers<OtlpExportResult>();
    exporter.export(batch, resolve);
    return promise;
  };
  return { queue, exporter, notices, send };
}

const failure = ({ error }: OtlpExportResult): string => String(error?.message);

test('batches wait while the receiver is down, and arrive in order', async () => {
  let isDown = true;
  await using receiver = await OtlpReceiver.start((response) => {
    response.writeHead(isDown ? 503 : 200).end();
  });
  const { exporter, send } = create(receiver.url, { maxConcurrency: 1 });
  const sent = ['work 1', 'work 2', 'work 3'].map((name) => send(spans([name])));
  await receiver.next();
  isDown = false;
  await exporter.forceFlush();
  const results = await Promise.all(sent);
  assert.deepEqual(
    results.map(({ code, rejected }) => [code, rejected]),
    [
      [0, 0],
      [0, 0],
      [0, 0],
    ],
  );
  const arrived = receiver.arrived.map(({ body }) => namesIn(body));
  assert.deepEqual(arrived, [['work 1'], ['work 1'], ['work 2'], ['work 3']]);
  await exporter.shutdown();
});

test('several requests are in flight, no more than the limit', async () => {
  const waiting: ServerResponse[] = [];
  await using receiver = await OtlpReceiver.start((response) => void waiting.push(response));
  const { exporter, send } = create(receiver.url, { maxConcurrency: 3 });
  const sent = Array.from({ length: 7 }, (_, index) => send(spans([`work ${index}`])));
  while (waiting.length < 3) await receiver.next();
  await setImmediate();
  assert.equal(waiting.length, 3);
  const answering = setInterval(() => waiting.shift()?.end(), 1);
  await Promise.all(sent);
  clearInterval(answering);
  assert.equal(receiver.arrived.length, 7);
  await exporter.shutdown();
});

suite('a full queue', () => {
  const text = { text: 'x'.repeat(1000) };

  test('gives up its oldest batches, and reports the cause once', async () => {
    const { queue, notices, exporter, send } = create(unreachable, { maxBytes: 8000, maxConcurrency: 1 });
    const results = Array.from({ length: 12 }, (_, index) => send(spans([`work ${index}`], text)));
    // The first request is in flight.
    assert.match(failure(await results[1]!), /export queue full \(8000 bytes\)/);
    assert.ok(queue.bytes <= 8000);
    assert.deepEqual(
      notices.filter(({ code }) => code === 'SONDE_QUEUE_FULL').map(({ code }) => code),
      ['SONDE_QUEUE_FULL'],
    );
    await exporter.shutdown();
    assert.match(failure((await results.at(-1))!), /ECONNREFUSED/);
    assert.equal(queue.bytes, 0);
  });

  test('leaves each signal its share', async () => {
    const { queue, exporter, send } = create(unreachable, { maxBytes: 8000 });
    const results = Array.from({ length: 12 }, () => send(spans(['work'], text)));
    const logs = new OtlpLogExporter({ url: unreachable, queue });
    const logged = Promise.withResolvers<OtlpExportResult>();
    logs.export(records('kept'), logged.resolve);
    await Promise.all([exporter.shutdown(), logs.shutdown()]);
    assert.match(failure(await logged.promise), /ECONNREFUSED/);
    assert.ok((await Promise.all(results)).some((result) => failure(result).includes('queue full')));
  });

  test('refuses a batch that exceeds it', async () => {
    const { send } = create(unreachable, { maxBytes: 1000 });
    assert.match(failure(await send(spans(['work'], text))), /queue full/);
  });
});

test('a batch is given up at its age, if there is a limit', async () => {
  await using receiver = await OtlpReceiver.start((response) => response.writeHead(503).end());
  const { send } = create(receiver.url, { maxAgeMs: 200 });
  assert.match(failure(await send(spans(['work']))), /not accepted within 200 ms: HTTP 503/);
});

test('requests above the limit are split', async () => {
  await using receiver = await OtlpReceiver.start();
  const { send } = create(receiver.url, {}, { maxRequestBytes: 4096 });
  const names = Array.from({ length: 40 }, (_, index) => `work ${index}`);
  const result = await send(spans(names, { text: 'x'.repeat(500) }));
  assert.deepEqual(result, { code: 0, rejected: 0 });
  assert.ok(receiver.arrived.length >= 5);
  for (const { body } of receiver.arrived) assert.ok(body.length <= 4096);
  assert.deepEqual(receiver.arrived.flatMap(({ body }) => namesIn(body)).toSorted(), names.toSorted());
});

test('a request that the receiver finds too large is split, down to the span that is too large alone', async () => {
  await using receiver = await OtlpReceiver.start((response, _count, { body }) => {
    response.writeHead(body.length > 3000 ? 413 : 200).end();
  });
  const { send, notices } = create(receiver.url);
  const small = spans(Array.from({ length: 30 }, (_, index) => `work ${index}`));
  const large = spans(['work too large'], { text: 'x'.repeat(5000) });
  const result = await send([...small.slice(0, 15), ...large, ...small.slice(15)]);
  assert.deepEqual([result.code, result.rejected], [0, 1]);
  const arrived = receiver.arrived.filter(({ body }) => body.length <= 3000);
  assert.equal(new Set(arrived.flatMap(({ body }) => namesIn(body))).size, 30);
  assert.deepEqual(
    notices.map(({ code }) => code),
    ['SONDE_OTLP_TOO_LARGE'],
  );
  assert.match(
    notices[0]!.message,
    /refuses one of the spans \('work too large'\) of \d+ bytes as too large: HTTP 413/,
  );

  const before = receiver.arrived.length;
  await send(small);
  const later = receiver.arrived.slice(before);
  assert.ok(
    later.every(({ body }) => body.length <= 3000),
    'the limit is remembered',
  );
});

suite('before the end of the process', () => {
  test('a receiver that is down is tried once, and the cause is reported', async () => {
    const { queue, exporter, send } = create(unreachable);
    const result = send(spans(['work']));
    queue.beginExit(60_000);
    await exporter.forceFlush();
    const [left, ...more] = queue.drain();
    assert.equal(more.length, 0);
    assert.equal(left?.request, undefined, 'nothing more to send');
    left?.settle(undefined);
    assert.match(failure(await result), /ECONNREFUSED/);
  });

  test('a flush ends when nobody waits for it any longer, and the batch stays', async () => {
    let isHanging = true;
    await using receiver = await OtlpReceiver.start((response) => void (isHanging || response.end()));
    const { queue, exporter, send } = create(receiver.url);
    const result = send(spans(['work']));
    const flushed = exporter.forceFlush();
    await receiver.next();
    queue.endFlushes();
    await flushed;
    queue.abort();
    isHanging = false;
    await exporter.forceFlush();
    assert.equal((await result).code, 0);
  });

  test('what is left can be sent by other means', async () => {
    await using receiver = await OtlpReceiver.start(() => {});
    const { queue, send } = create(receiver.url, { maxConcurrency: 1 });
    const results = [send(spans(['work 1'])), send(spans(['work 2'])), send(spans(['work 3']))];
    await receiver.next();
    const left = queue.drain();
    assert.deepEqual(
      left.map(({ request }) => request && namesIn(request.body)),
      [['work 1'], ['work 2'], ['work 3']],
    );
    const answer = { statusMessage: '', headers: {}, body: new Uint8Array() };
    left[0]?.settle({ ...answer, statusCode: 200 });
    left[1]?.settle({ ...answer, statusCode: 503 });
    left[2]?.settle(undefined, new Error('no answer within 10 ms'));
    const outcomes = await Promise.all(results);
    assert.deepEqual(outcomes.map(failure), ['undefined', 'HTTP 503', 'no answer within 10 ms']);
    queue.abort();
  });
});

suite('with a spool', () => {
  function directory(t: TestContext): string {
    const path = mkdtempSync(join(tmpdir(), 'sonde-queue-'));
    t.after(() => rmSync(path, { recursive: true, force: true }));
    return path;
  }

  function open(path: string): Spool {
    return new Spool({ directory: path, onNotice: ({ message }) => assert.fail(message) });
  }

  test('what cannot be delivered is left on disk, and a later queue delivers it', async (t) => {
    const path = directory(t);
    let isDown = true;
    await using receiver = await OtlpReceiver.start((response) => {
      response.writeHead(isDown ? 503 : 200, { 'retry-after': '60' }).end();
    });
    const first = create(receiver.url, { spool: open(path), maxConcurrency: 1 });
    const sent = [first.send(spans(['work 1'])), first.send(spans(['work 2', 'work 3']))];
    await receiver.next();
    await first.exporter.shutdown();
    const spooled = (await Promise.all(sent)).map((result) => [result.code, result.rejected, result.spooled]);
    assert.deepEqual(spooled, [
      [0, 0, 1],
      [0, 0, 2],
    ]);

    isDown = false;
    const before = receiver.arrived.length;
    const replayed: number[] = [];
    const done = Promise.withResolvers<void>();
    const second = create(receiver.url, {
      spool: open(path),
      onReplayed: (_signal, { delivered }) => {
        replayed.push(delivered);
        if (replayed.length === 2) done.resolve();
      },
    });
    await done.promise;
    assert.deepEqual(replayed, [1, 2]);
    const arrived = receiver.arrived.slice(before).flatMap(({ body }) => namesIn(body));
    assert.deepEqual(arrived, ['work 1', 'work 2', 'work 3']);
    await second.exporter.shutdown();

    const third = create(receiver.url, { spool: open(path) });
    await third.send(spans(['work 4']));
    await third.exporter.shutdown();
    assert.deepEqual(namesIn(receiver.arrived.at(-1)!.body), ['work 4'], 'nothing is delivered twice');
  });

  test('a spool is read for the exporters that are created after the first one', async (t) => {
    const path = directory(t);
    const down = create(`${unreachable}/v1/traces`, { spool: open(path) });
    const sent = down.send(spans(['work']));
    await down.exporter.shutdown();
    assert.equal((await sent).spooled, 1);

    await using receiver = await OtlpReceiver.start((response) => response.writeHead(200).end());
    // The spool belongs to the endpoint that was down.
    const agent = new Agent();
    agent.createConnection = () => connect(Number(new URL(receiver.url).port), '127.0.0.1');
    const done = Promise.withResolvers<number>();
    const queue = new DeliveryQueue({
      spool: open(path),
      onReplayed: (_signal, { delivered }) => done.resolve(delivered),
    });
    const logs = new OtlpLogExporter({ url: `${unreachable}/v1/logs`, queue, agent });
    const traces = new OtlpTraceExporter({ url: `${unreachable}/v1/traces`, queue, agent });
    assert.equal(await done.promise, 1);
    await Promise.all([logs.shutdown(), traces.shutdown()]);
  });

  test('a full queue leaves its oldest batches on disk, and delivers them later', async (t) => {
    let isDown = true;
    await using receiver = await OtlpReceiver.start((response) => {
      response.writeHead(isDown ? 503 : 200).end();
    });
    const replayed: number[] = [];
    const spool = open(directory(t));
    const { exporter, send } = create(receiver.url, {
      spool,
      maxBytes: 8000,
      maxConcurrency: 1,
      onReplayed: (_signal, { delivered }) => void replayed.push(delivered),
    });
    const text = { text: 'x'.repeat(1000) };
    const results: Promise<OtlpExportResult>[] = [];
    for (let index = 0; index < 12; index++) {
      results.push(send(spans([`work ${index}`], text)));
    }
    isDown = false;
    await exporter.forceFlush();
    const outcomes = await Promise.all(results);
    const onDisk = outcomes.filter(({ spooled }) => spooled === 1).length;
    assert.ok(onDisk >= 6, `${onDisk} on disk`);
    assert.ok(outcomes.every(({ code }) => code === ExportResultCode.SUCCESS));
    while (replayed.length < onDisk) await setImmediate();
    const arrived = receiver.arrived.flatMap(({ body }) => namesIn(body));
    assert.equal(new Set(arrived).size, 12);
    await exporter.shutdown();
  });
});
