import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OtlpSink } from '../support/otlp-sink.ts';
import { sourceProgram } from '../support/source-program.ts';
import {
  harmlessMembers,
  harmlessNames,
  secretMembers,
  secretNames,
  values,
} from './support/secret-table.ts';

const timeout = 120_000;

interface Row {
  readonly title: string;
  readonly name: string;
  readonly value: string;
  readonly expected: string;
}

const planted = 'PLANTED';
const isTable = (rows: readonly Row[]): readonly Row[] => rows;

const nameRows = isTable([
  ...secretNames.map((name) => ({ title: `name ${name}`, name, value: planted, expected: 'REDACTED' })),
  ...harmlessNames.map((name) => ({ title: `name ${name}`, name, value: planted, expected: planted })),
]);
const rows = isTable([
  ...nameRows,
  ...secretMembers.map((member) => ({
    title: `member ${member}`,
    name: 'url.query',
    value: `a=1&${member}=${planted}&b=2`,
    expected: `a=1&${member}=REDACTED&b=2`,
  })),
  ...harmlessMembers.map((member) => ({
    title: `member ${member}`,
    name: 'url.query',
    value: `a=1&${member}=${planted}`,
    expected: `a=1&${member}=${planted}`,
  })),
  ...values.map(([value, expected = value]) => ({
    title: `value ${value.slice(0, 60)}`,
    name: 'shop.note',
    value,
    expected,
  })),
]);

/** Puts each row into a span, an event, a log record, an object in it, a counter, a histogram and a gauge. */
const app = `
  import { readFileSync } from 'node:fs';
  import { metrics } from '@opentelemetry/api';
  import { PrometheusExporter } from '@sonde/exporters';
  import { counter, getLogger, histogram, span, start } from '@sonde/otel';
  const early = counter('early');
  early.add(1, { password: 'PLANTED' });
  const page = new PrometheusExporter({ port: 0 });
  const sonde = start({
    engine: process.env.ENGINE,
    traces: { batch: { maxQueueSize: 100000 } },
    logs: { console: false, batch: { maxQueueSize: 100000 } },
    metrics: { metricReaders: [page] },
    resource: { 'shop.secret': 'PLANTED', 'shop.note': 'visible' },
  });
  early.add(1, { password: 'PLANTED' });
  const rows = JSON.parse(readFileSync(new URL('./rows.json', import.meta.url), 'utf8'));
  const log = getLogger('table');
  const counts = counter('counts');
  const spread = histogram('spread');
  const observed = metrics.getMeter('table').createObservableGauge('observed');
  observed.addCallback((result) => rows.forEach(({ name, value }, row) => result.observe(1, { row, [name]: value })));
  rows.forEach(({ name, value }, row) => {
    span('row', { row, [name]: value }, (current) => {
      current.addEvent('event', { row, [name]: value });
      counts.add(1, { row, [name]: value });
      counts.add(1, { row, [name]: value });
      spread.record(1, { row, [name]: value });
    });
    log.info('row', { row, [name]: value });
    log.info('nested', { row, members: { list: [{ [name]: value }] } });
  });
  await sonde.flush({ timeoutMs: 20000 });
  console.log(await (await fetch((await page.ready()).url)).text());
  await sonde.shutdown();`;

interface AnyValue {
  readonly stringValue?: string;
  readonly arrayValue?: { readonly values: readonly AnyValue[] };
  readonly kvlistValue?: { readonly values: readonly { readonly key: string; readonly value: AnyValue }[] };
}
interface Point {
  readonly attributes: readonly { readonly key: string; readonly value: AnyValue }[];
}

/** All texts in a message of OTLP, without the names. */
function listTexts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  return Object.entries(value).flatMap(([key, member]) => (key === 'key' ? [] : listTexts(member)));
}

function toNumber(item: Point): number {
  const attribute = item.attributes.find(({ key }) => key === 'row');
  return Number(Object.values(attribute?.value ?? {})[0]);
}

for (const engine of ['lean', 'standard']) {
  test(
    `a table of ${rows.length} names and values has these verdicts in spans, logs and metrics (${engine})`,
    { timeout },
    async (t) => {
      assert.ok(rows.length >= 250);
      await using sink = await OtlpSink.start();
      const files = { 'app.mjs': app, 'rows.json': JSON.stringify(rows) };
      const env = {
        OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
        OTEL_RESOURCE_ATTRIBUTES: 'deploy.token=PLANTED,deploy.note=visible',
        ENGINE: engine,
      };
      await using program = await sourceProgram(t, files, env);
      assert.deepEqual(await program.ended, { code: 0, signal: null }, program.stderr.slice(-2000));
      await sink.settled();

      const wrong: string[] = [];
      const seen = new Map<string, number>();
      const judge = (where: string, item: Point): void => {
        const number = toNumber(item);
        const row = rows[number];
        if (row === undefined) return;
        seen.set(where, (seen.get(where) ?? 0) + 1);
        const texts = listTexts(item);
        if (!texts.includes(row.expected)) wrong.push(`${where}, ${row.title}: ${texts.join(' | ')}`);
      };
      for (const { raw } of sink.spans) {
        judge('span', raw as unknown as Point);
        for (const event of (raw['events'] ?? []) as Point[]) judge('event', event);
      }
      for (const { name, raw } of sink.logs) judge(`log ${name}`, raw as unknown as Point);
      for (const { name, raw } of sink.metrics) {
        const { sum, gauge, histogram } = raw as Record<string, { dataPoints: Point[] } | undefined>;
        for (const point of (sum ?? gauge ?? histogram)?.dataPoints ?? []) judge(`metric ${name}`, point);
      }
      assert.deepEqual(wrong, []);
      for (const where of [
        'span',
        'event',
        'log row',
        'log nested',
        'metric counts',
        'metric spread',
        'metric observed',
      ]) {
        assert.ok(
          (seen.get(where) ?? 0) >= rows.length,
          `${where}: ${seen.get(where)} of ${rows.length} arrived`,
        );
      }

      const early = sink.metrics.find(({ name }) => name === 'early');
      assert.doesNotMatch(JSON.stringify(early?.raw), /PLANTED/);
      const { resource } = sink.spans[0] ?? assert.fail('no span');
      assert.equal(resource['shop.secret'], 'REDACTED');
      assert.equal(resource['deploy.token'], 'REDACTED');
      assert.equal(resource['shop.note'], 'visible');
      assert.equal(resource['deploy.note'], 'visible');
      assertPage(program.stdout);
    },
  );
}

/** The Prometheus endpoint agrees: each row has a series per metric, without the secret. */
function assertPage(page: string): void {
  const wrong: string[] = [];
  for (const [number, { title, value, expected }] of rows.entries()) {
    const lines = page.split('\n').filter((line) => line.includes(`row="${number}"`));
    if (lines.length < 3) wrong.push(`${title}: ${lines.length} lines`);
    const [written] = JSON.stringify(expected).slice(1, -1).split('"');
    for (const line of lines) {
      if (!line.includes(written ?? '')) wrong.push(`${title}: ${line}`);
      if (value.includes(planted) && line.includes(planted) !== expected.includes(planted)) wrong.push(line);
    }
  }
  assert.deepEqual(wrong, []);
  assert.doesNotMatch(page, /early.*PLANTED/);
}

test(
  'with redact: false the secrets are there: the test above looks in the right place',
  { timeout },
  async (t) => {
    await using sink = await OtlpSink.start();
    const files = { 'app.mjs': app, 'rows.json': JSON.stringify(rows) };
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, SONDE_REDACT: 'false' };
    await using program = await sourceProgram(t, files, env);
    assert.equal((await program.ended).code, 0, program.stderr.slice(-2000));
    await sink.settled();
    assert.ok(JSON.stringify(sink.metrics.map(({ raw }) => raw)).split(planted).length > secretNames.length);
  },
);

const messages = `
  import { getLogger, span, start } from '@sonde/otel';
  start({ redact: { messages: process.env.MESSAGES === 'true' }, metrics: { exporter: ['none'] } });
  const log = getLogger('free');
  log.info('login with password=PLANTED and go on');
  log.info('{"token": "PLANTED", "user": "ada"}');
  log.info('header Authorization: Bearer PLANTED1, host a');
  log.info('used ghp_' + 'PLANTED1'.repeat(5));
  log.info('the token was refused: try again, author: ada');
  log.exception(new Error('refused: api_key=PLANTED'));
  span('login password=PLANTED', () => {});`;

for (const isAsked of [true, false]) {
  const title = isAsked
    ? 'redact: { messages: true } searches messages'
    : 'messages are not searched by default';
  test(title, { timeout }, async (t) => {
    await using sink = await OtlpSink.start();
    await using program = await sourceProgram(
      t,
      { 'app.mjs': messages },
      { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, MESSAGES: String(isAsked) },
    );
    assert.deepEqual(await program.ended, { code: 0, signal: null }, program.stderr.slice(-2000));
    await sink.settled();
    const sent = JSON.stringify([...sink.logs, ...sink.spans].map(({ raw }) => raw));
    assert.equal(sent.includes(planted), !isAsked, sent);
    assert.equal(program.stderr.includes(planted), !isAsked, program.stderr);
    assert.ok(sent.includes('the token was refused: try again, author: ada'));
    if (isAsked) {
      assert.ok(sent.includes('login with password=REDACTED and go on'), sent);
      assert.ok(sent.includes('user'), 'the rest of the message');
    }
  });
}
