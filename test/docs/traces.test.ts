import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { OtlpSink } from '../support/otlp-sink.ts';
import { sourceProgram } from '../support/source-program.ts';
import { listFiles, readSnippets } from './snippets.ts';

const timeout = 60_000;
const snippets = await readSnippets('docs/guide/traces.md');
const plain = `import { start } from '@sonde/otel';\nstart({ serviceName: 'shop' });\n`;

/** Runs the files of a section, and returns output and received telemetry. */
async function section(t: TestContext, heading: string): Promise<{ sink: OtlpSink; printed: string }> {
  const files = listFiles(snippets, heading);
  await using sink = await OtlpSink.start();
  await using program = await sourceProgram(
    t,
    { 'instrument.mjs': files['instrument.js'] ?? plain, 'app.mjs': files['app.js'] ?? assert.fail(heading) },
    { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
  );
  assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
  return { sink, printed: program.output };
}

const sorted = (sink: OtlpSink): string[] => sink.spans.map(({ name }) => name).toSorted();

test('your own spans', { timeout }, async (t) => {
  const { sink, printed } = await section(t, 'Your own spans');
  assert.match(printed, /^749$/m);
  assert.deepEqual(sorted(sink), ['checkout', 'price cart']);
  const price = sink.spans.find(({ name }) => name === 'price cart');
  assert.deepEqual(price?.attributes, { 'shop.items': 2, 'shop.total': 749 });
  assert.equal(sink.logs[0]?.spanId, price.spanId);
});

test('functions', { timeout }, async (t) => {
  const { sink, printed } = await section(t, 'Functions');
  assert.match(printed, /^Ada$/m);
  assert.deepEqual(sorted(sink), ['load user']);
});

test('generators and streams', { timeout }, async (t) => {
  const { sink } = await section(t, 'Generators and streams');
  assert.deepEqual(sorted(sink), ['read row', 'read row', 'read row', 'read rows']);
});

test('errors', { timeout }, async (t) => {
  const { sink, printed } = await section(t, 'Errors');
  assert.match(printed, /^limit exceeded$/m);
  const failed = sink.spans.map(({ name, attributes, raw }) => [
    name,
    attributes['error.type'],
    (raw['events'] as unknown[]).length,
  ]);
  assert.deepEqual(failed, [
    ['charge card', 'RangeError', 1],
    ['checkout', 'RangeError', 0],
  ]);
});

test('metrics of functions', { timeout }, async (t) => {
  const { sink } = await section(t, 'Metrics of functions');
  const names = new Set(sink.metrics.map(({ name }) => name));
  for (const name of ['shop.checkout.duration', 'shop.checkout.failures', 'shop.checkout.active']) {
    assert.ok(names.has(name), name);
  }
});

test('redaction', { timeout }, async (t) => {
  const { sink, printed } = await section(t, 'Redaction');
  assert.equal(sink.logs[0]?.name, 'connected to postgres://REDACTED:REDACTED@db/shop');
  assert.deepEqual(sink.logs[0].attributes, {
    'card.number': 'REDACTED',
    password: 'REDACTED',
    page_token: 'eyJw',
    'user.id': '42',
  });
  assert.ok(!printed.includes('hunter2'), printed);
});

test('tests', { timeout }, async (t) => {
  const file = listFiles(snippets, 'Tests')['order.test.js'] ?? assert.fail('no snippet');
  await using program = await sourceProgram(t, { 'app.mjs': file });
  assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
  assert.match(program.output, /an order is a span with a log record/);
});

test('every snippet of the guide is tested above', () => {
  const run = [
    'Your own spans',
    'Functions',
    'Generators and streams',
    'Errors',
    'Metrics of functions',
    'Redaction',
    'Tests',
  ];
  assert.deepEqual([...new Set(snippets.map(({ heading }) => heading))], run);
  assert.equal(snippets.length, run.length + 1, 'one file each, and two under Redaction');
});
