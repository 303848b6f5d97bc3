import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { type Kind, program } from '../packaging/loading.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import { type Ending, packageFlags, Program } from '../support/program.ts';

const timeout = 30_000;
const preload = `
  import { start } from '@sonde/otel';
  start({ serviceName: 'exit', logs: { console: false }, exit: { timeoutMs: Number(process.env.TIMEOUT_MS ?? 2000) } });
`;

/** Runs a program with Sonde preloaded; `act` ends it. */
async function ending(
  t: TestContext,
  body: string,
  env: Record<string, string>,
  act: (running: Program) => void = () => {},
  kind: Kind = 'mjs',
): Promise<Ending & { output: string }> {
  const folder = await mkdtemp(join(import.meta.dirname, '.program-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'instrument.mjs'), preload);
  const uses = { '@opentelemetry/api': ['trace'], '@sonde/otel': ['counter', 'getLogger'] };
  const work = `const work = () => {
    trace.getTracer('app').startSpan('work').end();
    getLogger('app').info('worked');
    counter('app.work').add(1);
  };`;
  await writeFile(join(folder, `app.${kind}`), program(kind, uses, `${work}\n${body}`));
  await using running = new Program(
    process.execPath,
    [...packageFlags, '--require', './instrument.mjs', `app.${kind}`],
    { cwd: folder, env },
  );
  act(running);
  return { ...(await running.ended), output: running.output };
}

const sent = (sink: OtlpSink): string[] => [
  ...sink.spans.map(({ name }) => name),
  ...sink.logs.map(({ name }) => name),
  ...sink.metrics.map(({ name }) => name).filter((name) => name === 'app.work'),
];
const everything = ['work', 'worked', 'app.work'];
const stay = `work(); setInterval(() => {}, 1000); console.log('ready');`;
const whenReady = (signal: NodeJS.Signals) => (running: Program) =>
  void running.printed('ready').then(() => running.kill(signal));

suite('pending telemetry is exported, and the process ends as without Sonde', { concurrency: 2 }, () => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    test(`${signal} without another listener`, { timeout }, async (t) => {
      await using sink = await OtlpSink.start();
      const end = await ending(t, stay, { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url }, whenReady(signal));
      assert.deepEqual([end.code, end.signal], [null, signal], end.output);
      assert.deepEqual(sent(sink), everything);
    });
  }

  test(
    'a signal that the application handles: it decides when to exit and with which code',
    { timeout },
    async (t) => {
      await using sink = await OtlpSink.start();
      const body = `process.on('SIGTERM', () => setTimeout(() => { work(); process.exitCode = 7; clearInterval(timer); }, 200));
      work(); const timer = setInterval(() => {}, 1000); console.log('ready');`;
      const end = await ending(t, body, { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url }, whenReady('SIGTERM'));
      assert.deepEqual([end.code, end.signal], [7, null], end.output);
      assert.equal(sink.spans.length, 2);
      assert.equal(sink.logs.length, 2);
    },
  );

  test('at the end of the event loop, with an unchanged exit code', { timeout }, async (t) => {
    await using sink = await OtlpSink.start();
    const end = await ending(t, `work(); process.exitCode = 3;`, { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url });
    assert.deepEqual([end.code, end.signal], [3, null], end.output);
    assert.deepEqual(sent(sink), everything);
  });

  test('telemetry of a beforeExit listener of the application is exported', { timeout }, async (t) => {
    await using sink = await OtlpSink.start();
    const body = `work(); process.once('beforeExit', () => setTimeout(work, 50));`;
    const end = await ending(t, body, { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url });
    assert.equal(end.code, 0, end.output);
    assert.equal(sink.spans.length, 2);
  });

  test('a request whose response closes right before exit is exported', { timeout }, async (t) => {
    await using sink = await OtlpSink.start();
    const body = `const { createServer, get } = process.getBuiltinModule('node:http');
      createServer((request, response) => {
        response.on('close', () => process.exit(4));
        response.end();
      }).listen(0, '127.0.0.1', function () {
        get({ host: '127.0.0.1', port: this.address().port, path: '/last' });
      });`;
    const end = await ending(t, body, { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url });
    assert.equal(end.code, 4, end.output);
    const span = sink.spans.find(({ attributes }) => attributes['url.path'] === '/last');
    assert.ok(span);
    assert.equal(span.attributes['http.response.status_code'], 200);
    assert.equal(span.attributes['sonde.unfinished'], undefined);
    assert.ok(sink.metrics.some(({ name }) => name === 'http.server.request.duration'));
  });

  test(
    'the end of the event loop with no Collector: no further attempt keeps the process',
    { timeout },
    async (t) => {
      const env = {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
        OTEL_METRIC_EXPORT_INTERVAL: '100',
        TIMEOUT_MS: '300',
      };
      const end = await ending(t, `work(); process.exitCode = 3;`, env);
      assert.deepEqual([end.code, end.signal], [3, null], end.output);
      assert.match(end.output, /^sonde: not exported: .*\b1 span, 1 log record\b/m);
    },
  );

  test('without a Collector, it ends after the timeout and reports dropped items', { timeout }, async (t) => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', TIMEOUT_MS: '300' };
    const end = await ending(t, stay, env, whenReady('SIGTERM'));
    assert.deepEqual([end.code, end.signal], [null, 'SIGTERM'], end.output);
    assert.match(end.output, /^sonde: not exported: .*\b1 span, 1 log record\b/m);
  });
});

/** Faults of a Collector: its response to each request, or no listener. */
const faulty: Readonly<Record<string, ((response: ServerResponse) => void) | undefined>> = {
  'is down': undefined,
  'never answers': () => {},
  'dribbles its answers': (response) => {
    const timer = setInterval(() => response.write('x'), 20);
    response.on('close', () => clearInterval(timer));
  },
  'asks to come again later': (response) => response.writeHead(503, { 'retry-after': '20' }).end(),
};

suite('the end of the event loop with a faulty Collector', { concurrency: 2 }, () => {
  // The export timeout exceeds the time limit of the test, so a process that exits in time did not wait for it.
  const patient = { OTEL_EXPORTER_OTLP_TIMEOUT: '600000', TIMEOUT_MS: '300' };
  const others = {
    'without another listener': '',
    'with another listener': `process.on('beforeExit', () => console.log('asked'));`,
    'an export is under way already': `await new Promise((resolve) => setTimeout(resolve, 300));`,
  };
  for (const [fault, answer] of Object.entries(faulty)) {
    for (const [other, act] of Object.entries(others)) {
      const kind = act.includes('await') ? 'mjs' : 'cjs';
      test(`it ${fault}, ${other}`, { timeout }, async (t) => {
        const server = createServer((request, response) =>
          request.resume().on('end', () => answer?.(response)),
        );
        server.listen(0, '127.0.0.1');
        await once(server, 'listening');
        const { port } = server.address() as AddressInfo;
        if (answer === undefined) server.close();
        t.after(() => {
          server.closeAllConnections();
          server.close();
        });
        const env = {
          ...patient,
          OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
          OTEL_BSP_SCHEDULE_DELAY: '50',
          OTEL_BLRP_SCHEDULE_DELAY: '50',
          OTEL_METRIC_EXPORT_INTERVAL: '100',
        };
        const end = await ending(t, `work(); process.exitCode = 3; ${act}`, env, undefined, kind);
        assert.deepEqual([end.code, end.signal], [3, null], end.output);
        // A receiver that dribbles has answered 200: it has the spans.
        if (fault.includes('dribbles')) assert.doesNotMatch(end.output, /not exported: .*\bspan\b/);
        else assert.match(end.output, /^sonde: not exported: .*\b1 span, 1 log record\b/m);
      });
    }
  }
});

suite('after process.exit() and after a crash', { concurrency: 2 }, () => {
  const exits = {
    'process.exit() in a callback': `setTimeout(() => { work(); process.exit(5); }, 10);`,
    'process.exit() after an await': `await null; work(); process.exit(5);`,
    'process.exit() while the module loads': `work(); process.exit(5);`,
  };
  for (const [name, body] of Object.entries(exits)) {
    test(name, { timeout }, async (t) => {
      await using sink = await OtlpSink.start();
      const end = await ending(t, body, { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url });
      assert.deepEqual([end.code, end.signal], [5, null], end.output);
      assert.deepEqual(sent(sink), everything, end.output);
      assert.doesNotMatch(end.output, /not exported/);
    });
  }

  const crashes = {
    uncaughtException: `inSpan(() => setTimeout(() => { throw new RangeError('broken'); }, 10));`,
    unhandledRejection: `setTimeout(() => inSpan(async () => { await null; throw new RangeError('broken'); }), 10);`,
  };
  for (const [name, body] of Object.entries(crashes)) {
    test(
      `${name} is a FATAL record in its trace, and Node prints and exits as always`,
      { timeout },
      async (t) => {
        await using sink = await OtlpSink.start();
        const inSpan = `const inSpan = (fn) => trace.getTracer('app').startActiveSpan('open', fn);`;
        const crashing = `work(); ${inSpan} ${body}`;
        const end = await ending(t, crashing, { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url });
        assert.deepEqual([end.code, end.signal], [1, null], end.output);
        assert.match(end.output, /RangeError: broken\n {4}at .*app\.mjs/);
        const crash = sink.logs.find(({ raw }) => raw['severityText'] === 'FATAL');
        assert.equal(crash?.attributes['exception.type'], 'RangeError', end.output);
        assert.match(String(crash.attributes['exception.stacktrace']), /broken\n {4}at .*app\.mjs/);
        const open = sink.spans.find((span) => span.name === 'open');
        assert.equal(open?.attributes['sonde.unfinished'], true, 'a span that was open is ended and marked');
        assert.equal(crash.traceId, open.traceId);
      },
    );
  }

  test('an exception that the application handles is not recorded as a crash', { timeout }, async (t) => {
    await using sink = await OtlpSink.start();
    const body = `process.on('uncaughtException', () => work()); setTimeout(() => { throw new Error('handled'); }, 10);`;
    const end = await ending(t, body, { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url });
    assert.deepEqual([end.code, end.signal], [0, null], end.output);
    assert.deepEqual(sent(sink), everything);
  });

  test('with a Collector that never responds, it ends after the timeout', { timeout }, async (t) => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    t.after(() => {
      silent.closeAllConnections();
      silent.close();
    });
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`,
      TIMEOUT_MS: '300',
    };
    const end = await ending(t, exits['process.exit() in a callback'], env);
    assert.deepEqual([end.code, end.signal], [5, null], end.output);
    assert.match(end.output, /^sonde: not exported: .*\b1 span, 1 log record\b/m);
  });
});

test('a shutdown during two log exports drops no records', { timeout }, async (t) => {
  await using sink = await OtlpSink.start();
  const body = `
    import { start } from '@sonde/otel';
    const log = getLogger('burst');
    for (let i = 0; i < 1500; i++) log.info('record ' + i);
    const sonde = start();
    void sonde.flush();
    await sonde.shutdown();
    await sonde.shutdown();`;
  const end = await ending(t, body, { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url });
  assert.equal(end.code, 0, end.output);
  assert.equal(new Set(sink.logs.map(({ name }) => name)).size, 1500);
});
