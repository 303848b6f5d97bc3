import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { needs } from './support/needs.ts';
import { startHello } from './support/example.ts';
import { OtlpSink } from './support/otlp-sink.ts';
import { Prometheus, prometheusInstalled, promtoolCheck } from './support/prometheus.ts';

const variants = ['', 'commonjs', 'typescript'] as const;
const timeout = 60_000;

for (const variant of variants) {
  test(
    `hello${variant && ` in ${variant}`}: one request is a span, a log and metrics`,
    { timeout },
    async () => {
      await using sink = await OtlpSink.start();
      const { program, url, metricsUrl } = await startHello(variant, {
        OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
      });
      await using _ = program;

      const answer = await fetch(`${url}/users/42`);
      assert.deepEqual(await answer.json(), { id: '42' });
      const page = await (await fetch(metricsUrl)).text();
      assert.match(page, /^http_requests_total(\{[^}]*\})? 1$/m);
      assert.match(
        page,
        /^http_server_request_duration_seconds_count\{[^}]*http_route="\/users\/:id"[^}]*\} 1$/m,
      );

      program.kill('SIGTERM');
      assert.deepEqual(await program.ended, { code: null, signal: 'SIGTERM' });

      const span = sink.spans.find(({ name }) => name === 'GET /users/:id');
      assert.ok(span, program.output);
      assert.equal(span.attributes['http.route'], '/users/:id');
      assert.equal(span.resource['service.name'], 'hello');
      const log = sink.logs.find(({ name }) => name === 'Looking up a user');
      assert.equal(log?.traceId, span.traceId);
      assert.equal(log.spanId, span.spanId);
      assert.equal(log.attributes['user.id'], '42');
      const metricNames = new Set(sink.metrics.map(({ name }) => name));
      assert.ok(metricNames.has('http.requests') && metricNames.has('http.server.request.duration'));
      assert.deepEqual(
        sink.spans.map(({ name }) => name),
        ['GET /users/:id'],
        'the scrape makes no span',
      );
      assert.match(program.stderr, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - INFO - Looking up a user$/m);
    },
  );
}

test('an unexpected error is logged once, with the ids of its trace', { timeout }, async () => {
  await using sink = await OtlpSink.start();
  const { program, url } = await startHello('', { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url });
  await using _ = program;
  assert.equal((await fetch(`${url}/fail`)).status, 500);
  program.kill('SIGTERM');
  await program.ended;
  const span = sink.spans.find(({ name }) => name === 'GET /fail');
  const logs = sink.logs.filter(({ name }) => name === 'GET /fail failed');
  assert.deepEqual(
    logs.map(({ traceId, attributes }) => [traceId, attributes['exception.message']]),
    [[span?.traceId, 'Something is broken']],
  );
  assert.equal(program.output.match(/GET \/fail failed/g)?.length, 1, program.output);
});

test('the start-up line lists exporters and their reachability', { timeout }, async () => {
  const { program, metricsUrl } = await startHello('', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' });
  await using _ = program;
  await program.printed('· node');
  const line = program.stderr.split('\n').find((each) => each.startsWith('sonde '));
  const [major, minor] = process.versions.node.split('.');
  assert.equal(
    line,
    `sonde 0.1.0 hello · traces→otlp http://127.0.0.1:1 (unreachable: ECONNREFUSED)` +
      ` · metrics→${metricsUrl}, otlp · logs→console, otlp · node ${major}.${minor} esm`,
  );
});

test('Prometheus counts exactly the requests that were sent', { timeout }, async (t) => {
  if (!prometheusInstalled) return needs(t, 'prometheus and promtool are not installed');
  const { program, url, metricsUrl } = await startHello('', { OTEL_TRACES_EXPORTER: 'none' });
  await using _ = program;
  await using prometheus = await Prometheus.scraping(new URL(metricsUrl).host);

  const requests = [
    ...Array.from({ length: 7 }, () => '/'),
    ...Array.from({ length: 5 }, (_each, id) => `/users/${id}`),
    '/fail',
    '/nowhere',
  ];
  for (const path of requests) await (await fetch(url + path)).text();

  const count = 'http_server_request_duration_seconds_count';
  await prometheus.until('http_requests_total', 13);
  await prometheus.until(`${count}{http_route="/users/:id"}`, 5);
  await prometheus.until(`${count}{http_route="/"}`, 7);
  await prometheus.until(`${count}{http_route="/fail",http_response_status_code="500"}`, 1);
  await prometheus.until(`sum(${count})`, 14);
  await prometheus.until('up', 1);
  const { output } = promtoolCheck(await (await fetch(metricsUrl)).text());
  // Names of the semantic conventions for processes, which promtool would choose differently.
  const isConvention = /^process_(thread|unix_file_descriptor)_count /;
  assert.deepEqual(
    output.split('\n').filter((line) => line !== '' && !isConvention.test(line)),
    [],
  );
});

test('an exemplar of a duration bucket refers to its trace', { timeout }, async () => {
  await using sink = await OtlpSink.start();
  const { program, url, metricsUrl } = await startHello('', { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url });
  await using _ = program;
  await (await fetch(`${url}/users/7`)).text();
  const accept = 'application/openmetrics-text;version=1.0.0';
  const page = await (await fetch(metricsUrl, { headers: { accept } })).text();
  const line = page.split('\n').find((each) => each.includes('_bucket{') && each.includes('# {'));
  program.kill('SIGTERM');
  await program.ended;
  const span = sink.spans.find(({ name }) => name === 'GET /users/:id');
  assert.ok(span && line?.includes(`trace_id="${span.traceId}"`), page);
});

test('an exemplar in Prometheus has the trace id of a sent request', { timeout }, async (t) => {
  if (!prometheusInstalled) return needs(t, 'prometheus and promtool are not installed');
  await using sink = await OtlpSink.start();
  const { program, url, metricsUrl } = await startHello('', {
    OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
    OTEL_BSP_SCHEDULE_DELAY: '50',
  });
  await using _ = program;
  await using prometheus = await Prometheus.scraping(new URL(metricsUrl).host);
  await (await fetch(`${url}/users/7`)).text();
  await prometheus.until('http_requests_total', 1);
  const query = 'http_server_request_duration_seconds_bucket{http_route="/users/:id"}';
  const seconds = Date.now() / 1000;
  const series = await prometheus.api<{ exemplars: { labels: Record<string, string> }[] }[]>(
    `query_exemplars?query=${encodeURIComponent(query)}&start=${seconds - 60}&end=${seconds + 60}`,
  );
  const [exemplar] = series.flatMap(({ exemplars }) => exemplars);
  const span = await sink.until(({ spans }) => spans.find(({ name }) => name === 'GET /users/:id'));
  assert.equal(exemplar?.labels['trace_id'], span.traceId, JSON.stringify(series));
});

test('a metrics port in use is reported once, and the application runs', { timeout }, async () => {
  const squatter = createServer().listen(0, 'localhost');
  await new Promise((resolve) => squatter.once('listening', resolve));
  const { port } = squatter.address() as { port: number };
  try {
    const { program, url } = await startHello('', {
      METRICS_PORT: String(port),
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
    });
    await using _ = program;
    await program.printed('· node');
    assert.deepEqual(await (await fetch(url)).json(), { message: 'Hello, World!' });
    const warnings = program.stderr.split('\n').filter((line) => line.includes(String(port)));
    assert.equal(warnings.length, 1, program.stderr);
    assert.match(warnings[0] ?? '', /EADDRINUSE/);
  } finally {
    squatter.close();
  }
});
