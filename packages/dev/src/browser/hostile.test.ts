import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
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

const script = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`;
const link = 'javascript:window.hacked=1';
const megabyte = `${script}${'x'.repeat(1_000_000)}`;
const manyAttributes = Object.fromEntries(
  Array.from({ length: 100_000 }, (_, index): [string, string] => [`key.${index}`, script]),
);
const stack = exceptionAttributes(script, `${script}\n${megabyte}`, [
  `${script} (${link}:1:1)`,
  `at ${link}`,
]);

async function sendHostile(viewer: TestViewer): Promise<void> {
  const service = `shop ${script}`;
  const attributes = {
    'http.route': script,
    'http.request.method': link,
    'url.path': megabyte,
    'url.full': link,
  };
  await viewer.send(
    'traces',
    createTraces(
      [
        { trace: 1, span: 3, parent: 2, name: 'before its parents', start: 5, end: 6 },
        { trace: 1, span: 2, parent: 1, name: megabyte, kind: 2, start: -5000, end: 900_000, attributes },
        { trace: 1, span: 1, name: script, kind: 2, end: 100, error: true, attributes },
        { trace: 1, span: 1, name: 'the same id', kind: 2, end: 100 },
        { trace: 1, span: 21, parent: 22, name: 'cycle a' },
        { trace: 1, span: 22, parent: 21, name: 'cycle b' },
        { trace: 1, span: 23, parent: 23, name: 'its own parent' },
        { trace: 1, span: 24, parent: 999, name: 'orphan', start: 10, end: 1 },
        { trace: 1, span: 25, parent: 1, name: 'many', attributes: manyAttributes },
      ],
      { service, instance: script },
    ),
  );
  await viewer.send(
    'logs',
    createLogs(
      [
        { body: megabyte, severity: 17, trace: 1, span: 1, attributes: stack, event: script },
        {
          body: { kvlistValue: { values: [{ key: script, value: { stringValue: megabyte } }] } },
          severity: 99,
        },
        { body: script, attributes: manyAttributes },
      ],
      { service, instance: script, logger: script },
    ),
  );
  const timeUnixNano = String(BigInt(Date.now()) * 1_000_000n);
  const dataPoints = [
    { timeUnixNano, asDouble: 1e308, attributes: [{ key: script, value: { stringValue: megabyte } }] },
  ];
  await viewer.send(
    'metrics',
    createMetrics([{ name: 'a.metric', unit: script, description: megabyte, gauge: { dataPoints } }], {
      service,
    }),
  );
}

describe('hostile telemetry', { skip: skipBrowser }, () => {
  let browser: TestBrowser;
  let viewer: TestViewer;
  let page: Page;

  before(async () => {
    browser = await TestBrowser.start();
    viewer = await TestViewer.start({ editor: 'vscode://file/{file}:{line}' });
    await sendHostile(viewer);
    page = await browser.open(viewer.url);
  });
  after(async () => {
    await viewer[Symbol.asyncDispose]();
    await browser[Symbol.asyncDispose]();
  });

  const visit = async (path: string, element: string): Promise<void> => {
    await page.goto(`${viewer.url}${path}`);
    await page.locator(element).first().waitFor();
    assert.equal(await page.evaluate('window.hacked'), undefined);
    assert.equal(await page.locator('img, #app script, iframe').count(), 0);
    assert.equal(await page.locator('a[href^="javascript:"]').count(), 0);
    assert.equal(await page.getByText('This view failed').count(), 0);
    assert.deepEqual(browser.faults, []);
    assert.deepEqual(browser.foreign, []);
  };

  test('is shown as text in every view', async () => {
    await visit('/requests', '[role=option]');
    await visit('/traces', '[role=option]');
    await visit('/logs', '.log-row');
    await visit('/services?instances=apart', '.map a');
    await visit('/health', '.panel');
    const { items } = (await viewer.get('/api/logs')) as { items: readonly Json[] };
    for (const { id } of items) await visit(`/logs?log=${id}`, '.context li');
    const metrics = await viewer.get('/api/metrics');
    await visit(`/metrics/${metrics.items[0].id}`, '.series td');
    const errors = await viewer.get('/api/errors');
    for (const { fingerprint } of errors.items) await visit(`/errors/${fingerprint}`, '.detail.exception');
  });

  test('a trace of cycles, orphans, doubles and impossible times is a waterfall all the same', async () => {
    await visit(`/traces/${toTraceId(1)}?records=rows`, '[role=treeitem]');
    const tree = page.getByRole('tree', { name: 'Waterfall' });
    for (const name of [
      'before its parents',
      'cycle a',
      'cycle b',
      'its own parent',
      'orphan',
      'the same id',
      'many',
    ]) {
      await tree.getByText(name).first().waitFor();
    }
    for (const span of [1, 2, 21, 24, 25]) {
      await visit(`/traces/${toTraceId(1)}?span=${toSpanId(span)}`, '.detail dl, .detail summary');
    }
    assert.ok((await page.locator('dl.attributes > div').count()) < 500);
  });

  test('an address that names nothing is answered in words', async () => {
    await page.goto(`${viewer.url}/traces/${encodeURIComponent(script)}`);
    await page.locator('.problem').waitFor();
    await page.goto(`${viewer.url}/requests?q=${encodeURIComponent(`"${script}`)}`);
    await page.locator('.query .problem').waitFor();
    await page.goto(`${viewer.url}/%E0%A4%A/${encodeURIComponent(link)}`);
    await page.getByText('There is no such page').waitFor();
    assert.equal(await page.evaluate('window.hacked'), undefined);
  });

  test('of a trace with 20,000 spans only the rows in sight are in the document', async () => {
    const count = 20_000;
    const size = 10_000;
    for (let first = 1; first <= count; first += size) {
      const spans = Array.from({ length: size }, (_, index) => {
        const span = first + index;
        return {
          trace: 2,
          span: 100_000 + span,
          parent: 100_000 + Math.floor(span / 10),
          name: `span ${span}`,
          start: span / 100,
          end: span / 100 + 5,
        };
      });
      await viewer.send('traces', createTraces(spans, { base: Date.now() - 60_000 }));
    }
    await page.goto(`${viewer.url}/traces/${toTraceId(2)}`);
    const tree = page.getByRole('tree', { name: 'Waterfall' });
    await tree.getByRole('treeitem').first().waitFor({ timeout: 90_000 });
    await tree.focus();
    await page.keyboard.press('End');
    await tree.locator('[aria-selected=true]').waitFor();
    assert.ok((await tree.getByRole('treeitem').count()) < 150);
    const scrolled = await page.evaluate(`document.querySelector('.waterfall').scrollTop`);
    assert.ok(Number(scrolled) > 100_000, String(scrolled));
  });
});
