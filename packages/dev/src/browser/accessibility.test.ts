import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import type axe from 'axe-core';
import type { Page } from 'playwright-core';
import { skipBrowser, TestBrowser } from '../testing/browser.ts';
import {
  exceptionAttributes,
  createLogs,
  createMetrics,
  toSpanId,
  toTraceId,
  createTraces,
} from '../testing/otlp-messages.ts';
import { type Json, TestViewer } from '../testing/viewer.ts';

const axeFile = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const severe = new Set<unknown>(['serious', 'critical']);

/** Finds what breaks WCAG AA, and where. */
async function findViolations(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(axeFile, 'utf8'));
  const results = await page.evaluate<axe.AxeResults>('axe.run()');
  return results.violations
    .filter(({ impact }) => severe.has(impact))
    .map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join('\n  ')}`,
    );
}

const exception = exceptionAttributes('RangeError', 'too much', ['count (/app/count.js:3:1)']);

async function sendEverything(viewer: TestViewer): Promise<void> {
  const base = Date.now() - 3000;
  const http = { 'http.request.method': 'GET', 'http.route': '/a', 'http.response.status_code': 500 };
  const children = [1, 2, 3, 4].map((child) => ({
    trace: 1,
    span: 10 + child,
    parent: 1,
    name: 'SELECT',
    kind: 3,
    start: child * 10,
    end: child * 10 + 8,
    attributes: { 'db.system.name': 'sqlite' },
  }));
  const root = { trace: 1, span: 1, name: 'GET /a', kind: 2, end: 100, error: true, attributes: http };
  await viewer.send('traces', createTraces([root, ...children], { base }));
  await viewer.send(
    'logs',
    createLogs([{ body: 'hello' }, { body: 'bad', severity: 17, trace: 1, span: 1, attributes: exception }], {
      base,
    }),
  );
  const times = [0, 1000, 2000].map((ms) => String(BigInt(base + ms) * 1_000_000n));
  const points = times.map((timeUnixNano, index) => ({ timeUnixNano, asDouble: index, attributes: [] }));
  const buckets = times.map((timeUnixNano, index) => ({
    timeUnixNano,
    count: String(2 * index),
    sum: index,
    explicitBounds: [1, 2],
    bucketCounts: [String(index), String(index), '0'],
    exemplars: [{ timeUnixNano, asDouble: 1.5, traceId: toTraceId(1), spanId: toSpanId(1) }],
  }));
  await viewer.send(
    'metrics',
    createMetrics([
      { name: 'memory', unit: 'By', gauge: { dataPoints: points } },
      { name: 'duration', unit: 's', histogram: { aggregationTemporality: 2, dataPoints: buckets } },
    ]),
  );
}

describe('accessibility', { skip: skipBrowser }, () => {
  let browser: TestBrowser;
  let viewer: TestViewer;
  const paths: Record<string, string> = {
    '/requests': '[role=option]',
    [`/requests?trace=${toTraceId(1)}`]: '[role=treeitem]',
    '/traces': '[role=option]',
    [`/traces/${toTraceId(1)}?records=rows`]: '.detail.exception',
    '/logs': '.log-row',
    '/logs?log=2': '.context',
    '/services?instances=apart': '.map',
    '/health': '.panel',
    '/nowhere': '.empty',
  };

  before(async () => {
    browser = await TestBrowser.start();
    viewer = await TestViewer.start();
    await sendEverything(viewer);
    const { items } = (await viewer.get('/api/metrics')) as { items: readonly Json[] };
    for (const { id, name } of items) paths[`/metrics/${id}`] = name === 'duration' ? '.heat-map' : '.series';
    const errors = await viewer.get('/api/errors');
    paths[`/errors/${errors.items[0].fingerprint}`] = '.detail.exception';
  });
  after(async () => {
    await viewer[Symbol.asyncDispose]();
    await browser[Symbol.asyncDispose]();
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`no view has a serious fault in the ${colorScheme} theme`, async (t) => {
      const page = await browser.open(viewer.url, { colorScheme, reducedMotion: 'reduce' });
      for (const [path, element] of Object.entries(paths)) {
        await t.test(path, async () => {
          await page.goto(`${viewer.url}${path}`);
          await page.locator('.live.live').waitFor();
          await page.locator(element).first().waitFor();
          assert.deepEqual(await findViolations(page), []);
        });
      }
      await t.test('the list of keys and the menu of the session', async () => {
        await page.getByRole('button', { name: 'Session' }).click();
        await page.getByRole('link', { name: 'Export' }).waitFor();
        assert.deepEqual(await findViolations(page), []);
        await page.keyboard.press('Escape');
        await page.getByRole('button', { name: 'Keys' }).click();
        await page.getByRole('dialog', { name: 'Keys' }).waitFor();
        assert.deepEqual(await findViolations(page), []);
      });
      await browser.closePages();
    });
  }

  test('an empty session has no serious fault, and says what to run', async () => {
    await using empty = await TestViewer.start();
    const page = await browser.open(empty.url);
    for (const path of ['requests', 'traces', 'logs', 'metrics', 'services', 'health']) {
      await page.goto(`${empty.url}/${path}`);
      await page.getByText('npx sonde dev -- node app.js').first().waitFor();
      assert.deepEqual(await findViolations(page), []);
    }
  });
});
