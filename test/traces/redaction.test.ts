import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OtlpSink } from '../support/otlp-sink.ts';
import { sourceProgram } from '../support/source-program.ts';

const timeout = 60_000;

/** Programs: records are redacted immediately for the console, else with the batch or at exit. */
interface Course {
  readonly seed: string;
  readonly engine: 'lean' | 'standard';
  readonly console: '"json"' | 'false';
  readonly ending: 'await sonde.shutdown()' | 'process.exit()';
}

const atOnce: Course = { seed: '1', engine: 'standard', console: '"json"', ending: 'await sonde.shutdown()' };

const instrument = (redact: string, { engine, console }: Course): string => `
  import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
  import { start } from '@sonde/otel';
  const captured = {
    requestHeaders: ['authorization', 'cookie', 'x-api-key', 'x-tenant', 'accept'],
    responseHeaders: ['set-cookie', 'location'],
  };
  globalThis.sonde = start({
    engine: '${engine}',
    redact: ${redact},
    traces: { batch: { maxQueueSize: 100000 } },
    logs: { console: ${console}, batch: { maxQueueSize: 100000 } },
    metrics: { exporter: ['none'] },
    instrumentations: [new HttpInstrumentation({ headersToSpanAttributes: { client: captured, server: captured } })],
  });`;

/** Puts the word PLANTED into every place of a secret, in real requests and in random shapes. */
const app = ({ ending }: Course): string => `
  import { createServer, request } from 'node:http';
  import { getLogger, span } from '@sonde/otel';
  let seed = Number(process.env.SEED);
  const random = (below) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const pick = (...list) => list[random(list.length)];
  const cased = (text) => [...text].map((each) => (random(2) ? each.toUpperCase() : each)).join('');
  const encoded = (text) => [...text].map((each) => (random(3) ? each : '%' + each.charCodeAt(0).toString(16).padStart(2, '0'))).join('');
  const secret = () => pick('PLANTED', 'PLANTED=', 'a PLANTED b', 'x:PLANTED', '\\u20acPLANTED', 'PLANTED#');
  const urlSafe = () => pick('PLANTED', 'PLANTED%20x', 'PLANTED-_.~', 'PLANTED=', 'x,PLANTED');
  const name = () => cased(pick('password', 'access_token', 'x-api-key', 'clientSecret', 'Authorization', 'session-cookie', 'DB_PASSWORD', 'card.number', 'payment.card.number', 'aws.secret_access_key', 'id_token', 'credentials'));
  const queryName = () => pick(encoded(cased(pick('token', 'api_key', 'password', 'code', 'key', 'sig', 'X-Amz-Signature', 'user[password]'))));
  const filler = () => pick('a=1', 'page=2', 'q=%E2%82%AC', '', '&', 'x');
  const query = () => [filler(), queryName() + '=' + urlSafe(), filler()].join('&');
  const credentials = () => pick('u:PLANTED', ':PLANTED', 'PLANTED', 'u:PL@PLANTED', 'u:x/PLANTED', 'u:PLANTED:x');
  const url = () => pick('https://h/p?' + query(), 'postgres://' + credentials() + '@h:5/d?' + query(), '/p?' + query() + '#' + query(), 'https://h/?next=' + encodeURIComponent('https://i/?' + query()));
  const text = () => pick('', 'cannot reach ', '"', 'see: <') + 'redis://' + credentials() + '@h/0' + pick('', ' now', '" and', '> or http://x/?' + query());
  const nested = (depth) => {
    if (depth === 0 || random(3) === 0) return { [name()]: pick(secret(), [secret()], { deep: secret() }, 4111) , list: [text(), { url: url() }] };
    return { [pick('a', 'user', 'request.headers')]: nested(depth - 1), other: [nested(depth - 1)] };
  };
  const entry = () => pick(() => [name(), pick(secret(), [secret(), secret()])], () => [pick('url.full', 'http.url', 'callbackUrl', 'url.original'), url()], () => ['url.query', pick('?', '') + query()], () => ['http.request.header.' + pick('cookie', 'x_api_key', 'x-auth-token'), [secret()]], () => [pick('note', 'db.query.text', 'peer'), text()], () => ['http.request.header.referer', [url()]], () => ['nested', nested(3)])();
  const attributes = () => Object.fromEntries(Array.from({ length: 1 + random(4) }, entry));
  const log = getLogger('planting');

  for (let round = 0; round < 2000; round++) {
    span(pick('work', 'GET ' + text()), attributes(), (current) => {
      current.addEvent('event', { [name()]: secret(), note: text() });
      current.addLink({ context: current.spanContext(), attributes: { [name()]: secret() } });
      current.setAttributes(attributes());
      if (random(2)) log.info(text(), attributes());
      if (random(8) === 0) try { span('failing', () => { throw new Error(text(), { cause: new Error(text()) }); }); } catch (error) { log.exception(error); }
    });
  }

  const server = createServer((_request, response) => response.writeHead(302, { 'set-cookie': 'a=PLANTED', location: '/cb?code=PLANTED' }).end());
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  const headers = { authorization: 'Bearer PLANTED', cookie: 'session=PLANTED', 'x-api-key': 'PLANTED', 'x-tenant': 'PLANTED', accept: 'visible' };
  await new Promise((resolve) => request({ port, host: '127.0.0.1', path: '/visible?token=PLANTED', auth: 'user:PLANTED', headers }, (response) => response.resume().on('end', resolve)).end());
  await (await fetch('http://127.0.0.1:' + port + '/visible?api_key=PLANTED&visible=1', { headers, redirect: 'manual' })).text();
  server.close();
  log.info('visible');
  ${ending};`;

const courses: readonly Course[] = [
  atOnce,
  { seed: '2', engine: 'lean', console: '"json"', ending: 'await sonde.shutdown()' },
  { seed: '3', engine: 'lean', console: 'false', ending: 'await sonde.shutdown()' },
  { seed: '4', engine: 'standard', console: 'false', ending: 'process.exit()' },
  { seed: '5', engine: 'lean', console: 'false', ending: 'process.exit()' },
];

for (const course of courses) {
  test(
    `a planted secret reaches neither the receiver nor the console: ${Object.values(course).join(', ')}`,
    { timeout },
    async (t) => {
      await using sink = await OtlpSink.start();
      const redact = `{ keys: ['card.number', 'x-tenant'] }`;
      const files = { 'instrument.mjs': instrument(redact, course), 'app.mjs': app(course) };
      await using program = await sourceProgram(t, files, {
        OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
        SEED: course.seed,
      });
      assert.deepEqual(await program.ended, { code: 0, signal: null }, program.stderr.slice(-2000));
      assert.ok(
        sink.spans.length > 2000 && sink.logs.length > 1000,
        `${sink.spans.length} ${sink.logs.length}`,
      );
      for (const { name, attributes, raw } of [...sink.spans, ...sink.logs]) {
        const text = JSON.stringify([name, attributes, raw]);
        assert.ok(!text.includes('PLANTED'), text);
      }
      assert.ok(!program.output.includes('PLANTED'));
      assert.equal(
        program.output.includes('visible'),
        course.console !== 'false',
        'the console has the rest',
      );
      assert.ok(
        sink.logs.some(({ raw }) => JSON.stringify(raw).includes('visible')),
        'so has the receiver',
      );
      const http = sink.spans.filter(({ attributes }) => attributes['url.path'] === '/visible');
      assert.equal(http.length, 3, 'the server twice, fetch once');
      assert.match(JSON.stringify(sink.spans), /REDACTED/);
      assert.ok(JSON.stringify(http).includes('"visible"'), 'other headers are there');
    },
  );
}

test(
  'without redaction the secrets are there: the test above looks in the right place',
  { timeout },
  async (t) => {
    await using sink = await OtlpSink.start();
    await using program = await sourceProgram(
      t,
      { 'instrument.mjs': instrument('false', atOnce), 'app.mjs': app(atOnce) },
      { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, SEED: '1' },
    );
    assert.equal((await program.ended).code, 0);
    const planted = sink.spans.filter((span) =>
      JSON.stringify([span.attributes, span.raw]).includes('PLANTED'),
    );
    assert.ok(planted.length > 2000);
    assert.ok(program.output.includes('PLANTED'));
  },
);

test(
  'a span that cannot be searched is not exported but counted, and the rest of its batch is',
  { timeout },
  async (t) => {
    await using sink = await OtlpSink.start();
    await using running = await sourceProgram(
      t,
      {
        'app.mjs': `
        import { span, start } from '@sonde/otel';
        const unreadable = { enumerable: true, get() { throw new Error('unreadable'); } };
        const poison = {
          onStart() {}, onEnd() {}, async forceFlush() {}, async shutdown() {},
          onEnding(span) { if (span.name === 'bad') Object.defineProperty(span.attributes, 'note', unreadable); },
        };
        start({ traces: { spanProcessors: [poison] }, metrics: { exporter: ['none'] } });
        for (const name of ['first', 'bad', 'last']) span(name, () => {});`,
      },
      { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
    );
    assert.deepEqual(await running.ended, { code: 0, signal: null });
    assert.deepEqual(
      sink.spans.map(({ name }) => name),
      ['first', 'last'],
    );
    assert.match(running.stderr, /not exported: 1 span$/m);
  },
);
