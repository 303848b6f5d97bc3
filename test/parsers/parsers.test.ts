import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { PrometheusExporter } from '@sonde/exporters';
import { LeanMeterProvider } from '@sonde/sdk';
import { missingProgram } from '../support/needs.ts';
import { promtoolCheck } from '../support/prometheus.ts';
import { Random } from '../support/random.ts';
import {
  buildGoParser,
  installPythonParser,
  type Page,
  Parser,
  type Parsed,
  prometheusVersions,
} from './parsers.ts';
import { type MeasuredSeries, measureRandomly, views } from './random-measurements.ts';

const pages = Number(
  process.env['SONDE_FUZZ_PAGES'] ?? (process.env['SONDE_TEST_LONG'] === 'true' ? 5000 : 200),
);
const firstSeed = Number(process.env['SONDE_FUZZ_SEED'] ?? 1);

const formats = {
  text: 'text/plain;version=0.0.4',
  openMetrics: 'application/openmetrics-text;version=1.0.0',
  protobuf: 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
  utf8Text: 'text/plain;version=1.0.0;escaping=allow-utf-8',
  utf8OpenMetrics: 'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8',
} as const;
type Format = keyof typeof formats;
const olderFormats: ReadonlySet<Format> = new Set(['text', 'openMetrics']);

async function served(seed: number): Promise<{ measured: MeasuredSeries[]; pages: Map<Format, Page> }> {
  const random = new Random(seed);
  const strategy = random.pick(['UnderscoreEscapingWithSuffixes', 'NoUTF8EscapingWithSuffixes'] as const);
  const exporter = new PrometheusExporter({
    port: 0,
    translationStrategy: strategy,
    scopeInfo: random.once(2),
    onNotice: () => undefined,
  });
  const resource = resourceFromAttributes({ 'service.name': 'parsers', 'odd "key"\n': 'x' });
  const provider = new LeanMeterProvider({
    resource,
    readers: [exporter],
    views: [...views],
    onNotice: () => undefined,
  });
  const measured = measureRandomly(random, provider);
  const start = await exporter.ready();
  if ('error' in start) throw start.error;
  const scraped = new Map<Format, Page>();
  for (const format of Object.keys(formats) as Format[]) {
    const response = await fetch(start.url, { headers: { accept: formats[format] } });
    const contentType = response.headers.get('content-type') ?? '';
    scraped.set(format, { contentType, body: Buffer.from(await response.arrayBuffer()) });
  }
  await provider.shutdown();
  return { measured, pages: scraped };
}

/** Fails unless the samples have the measured values; series that the endpoint dropped are counted there. */
function assertValues(measured: readonly MeasuredSeries[], { samples }: Parsed, what: string): void {
  const found = Map.groupBy(samples ?? [], ({ labels }) => labels['m'] ?? '');
  let absent = 0;
  for (const { id, kind, value, count } of measured) {
    const values = new Map(
      (found.get(id) ?? []).map(({ labels, value: text }) => {
        const suffix = /_(?:bucket|count|sum|total|created)$/.exec(labels['__name__'] ?? '')?.[0] ?? '';
        return [suffix + (suffix === '_bucket' ? (labels['le'] ?? '') : ''), Number(text)] as const;
      }),
    );
    if (values.size === 0) {
      absent++;
      continue;
    }
    if (kind === 'counter') assert.equal(values.get('_total'), value, `${what}, series ${id}`);
    else if (kind === 'gauge' || kind === 'upDownCounter')
      assert.ok([...values.values()].includes(value), `${what}, series ${id}: ${value}`);
    else {
      assert.equal(values.get('_count') ?? values.get('_bucket+Inf'), count, `${what}, series ${id}`);
      if (kind !== 'unsummed' && values.has('_sum')) assert.equal(values.get('_sum'), value, what);
    }
  }
  const dropped = (samples ?? [])
    .filter(({ labels }) => labels['__name__'] === 'sonde_prometheus_dropped_series')
    .reduce((sum, { value }) => sum + Number(value), 0);
  assert.equal(absent, dropped, `${what}: absent and dropped series`);
}

/** Whether a parser knows a format: those before Prometheus 3 know no names in UTF-8. */
function knows(name: string, format: Format): boolean {
  if (name === 'Python') return olderFormats.has(format);
  return name !== 'v2.42' || format === 'protobuf' || olderFormats.has(format);
}

test(
  `Prometheus 2.42, 3.5 and 3.15 and the strict Python parsers accept ${pages} random pages, with the measured values`,
  { skip: missingProgram('go') || missingProgram('python3'), timeout: 1_700_000 },
  async (t) => {
    const parsers = new Map<string, Parser>();
    for (const version of prometheusVersions) {
      parsers.set(version, new Parser(await buildGoParser('go', version)));
    }
    parsers.set('Python', new Parser(...(await installPythonParser('python3'))));
    t.after(() => Promise.all(Array.from(parsers.values(), (parser) => parser[Symbol.asyncDispose]())));
    let started = 0;
    let custom = 0;
    for (let seed = firstSeed; seed < firstSeed + pages; seed++) {
      const { measured, pages: all } = await served(seed);
      const checks = Array.from(parsers, async ([name, parser]) => {
        for (const [format, page] of all) {
          if (!knows(name, format)) continue;
          const what = `${name}, ${format}, SONDE_FUZZ_SEED=${seed} SONDE_FUZZ_PAGES=1`;
          const parsed = await parser.parse(page);
          assert.equal(parsed.error, '', `${what}\n${format === 'protobuf' ? '' : page.body.toString()}`);
          assertValues(measured, parsed, what);
          started += name === 'v2.42' ? 0 : (parsed.started ?? 0);
          custom += parsed.custom ?? 0;
        }
      });
      await Promise.all(checks);
    }
    assert.ok(started > 0, 'Prometheus 3 reads start timestamps');
    assert.ok(custom > 0, 'Prometheus 3 converts histograms to native ones with custom buckets');
  },
);

test('promtool parses random pages', { skip: missingProgram('promtool') }, async () => {
  for (let seed = firstSeed; seed < firstSeed + Math.max(1, pages / 20); seed++) {
    const { pages: all } = await served(seed);
    const { output } = promtoolCheck(all.get('text')?.body.toString() ?? '');
    assert.doesNotMatch(output, /error while linting|parsing/, `SONDE_FUZZ_SEED=${seed}`);
  }
});
