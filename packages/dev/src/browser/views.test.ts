import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
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
import { TestViewer } from '../testing/viewer.ts';

const failure = exceptionAttributes('TypeError', 'price is not a number', [
  'price (/app/orders/price.js:14:22)',
  'order (/app/orders/app.js:31:18)',
  'respond (node:internal/process/task_queues:95:5)',
]);

/** One order through two services: twelve queries, a log record, an exception. */
async function sendOrder(viewer: TestViewer, trace: number, base = Date.now() - 2000): Promise<void> {
  const first = trace * 1000;
  const http = { 'http.request.method': 'GET', 'http.route': '/orders/:id', 'url.path': `/orders/${trace}` };
  const queries = Array.from({ length: 12 }, (_, index) => ({
    trace,
    span: first + 10 + index,
    parent: first + 3,
    name: 'SELECT items',
    kind: 3,
    start: 20 + index * 10,
    end: 29 + index * 10,
    attributes: { 'db.system.name': 'postgresql', 'db.query.text': 'SELECT 1' },
  }));
  const event = { name: 'exception', timeUnixNano: String(BigInt(base + 205) * 1_000_000n), attributes: [] };
  await viewer.send(
    'traces',
    createTraces(
      [
        {
          trace,
          span: first + 1,
          name: 'GET /orders/:id',
          kind: 2,
          start: 0,
          end: 214,
          error: true,
          attributes: { ...http, 'http.response.status_code': 500 },
        },
        {
          trace,
          span: first + 2,
          parent: first + 1,
          name: 'GET',
          kind: 3,
          start: 4,
          end: 210,
          attributes: { 'server.address': 'orders' },
        },
      ],
      { service: 'gateway', instance: 'g1', base },
    ),
  );
  await viewer.send(
    'traces',
    createTraces(
      [
        {
          trace,
          span: first + 3,
          parent: first + 2,
          name: 'GET /orders/:id',
          kind: 2,
          start: 8,
          end: 208,
          error: true,
          attributes: http,
          events: [event],
        },
        ...queries,
      ],
      { service: 'orders', instance: 'o1', base },
    ),
  );
  await viewer.send(
    'logs',
    createLogs(
      [
        { body: `order ${trace} is slow`, severity: 13, trace, span: first + 3 },
        { body: 'it failed', severity: 17, trace, span: first + 3, attributes: failure },
      ],
      { service: 'orders', instance: 'o1', logger: 'orders', base: base + 150 },
    ),
  );
}

const histogram = (time: number, counts: readonly number[], trace: number): object => ({
  name: 'http.server.request.duration',
  description: 'Duration of HTTP server requests.',
  unit: 's',
  histogram: {
    aggregationTemporality: 2,
    dataPoints: [
      {
        startTimeUnixNano: String(BigInt(time - 60_000) * 1_000_000n),
        timeUnixNano: String(BigInt(time) * 1_000_000n),
        count: String(counts.reduce((sum, count) => sum + count, 0)),
        sum: 1.5,
        explicitBounds: [0.005, 0.05, 0.5],
        bucketCounts: counts.map(String),
        attributes: [{ key: 'http.route', value: { stringValue: '/orders/:id' } }],
        exemplars: [
          {
            timeUnixNano: String(BigInt(time - 500) * 1_000_000n),
            asDouble: 0.214,
            traceId: toTraceId(trace),
            spanId: toSpanId(trace * 1000 + 3),
          },
        ],
      },
    ],
  },
});

describe('the page', { skip: skipBrowser }, () => {
  let browser: TestBrowser;
  let viewer: TestViewer;
  let page: Page;

  before(async () => {
    browser = await TestBrowser.start();
    viewer = await TestViewer.start();
    await sendOrder(viewer, 7);
    const now = Date.now();
    for (const [index, counts] of [
      [0, 1, 2, 0],
      [0, 3, 4, 0],
      [1, 9, 6, 0],
    ].entries()) {
      await viewer.send(
        'metrics',
        createMetrics([histogram(now - 3000 + index * 1000, counts, 7)], { service: 'orders' }),
      );
    }
  });
  beforeEach(async () => {
    await browser.closePages();
    browser.faults.length = 0;
  });
  after(async () => {
    await viewer[Symbol.asyncDispose]();
    await browser[Symbol.asyncDispose]();
  });

  test('the waterfall folds repeated spans, and shows the exception of the span that failed', async () => {
    page = await browser.open(`${viewer.url}/requests`);
    await page.getByRole('option', { name: '/orders/7' }).first().click();
    const tree = page.getByRole('tree', { name: 'Waterfall' });
    const fold = tree.getByRole('treeitem', { name: '12 × SELECT items' });
    await fold.waitFor();
    assert.equal(await fold.getAttribute('aria-expanded'), 'false');
    assert.equal(await tree.getByRole('treeitem').count(), 4);
    // The rows of a short trace are in sight as a whole, however little room the panel has.
    const hidden = `(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight)(document.querySelector('.waterfall'))`;
    await page.setViewportSize({ width: 1000, height: 420 });
    assert.equal(await page.evaluate(hidden), 0);
    const cut = `(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('header'))`;
    assert.equal(await page.evaluate(cut), 0);
    await page.setViewportSize({ width: 1440, height: 900 });
    await fold.locator('[data-toggle=true]').click();
    await tree.getByRole('treeitem', { name: 'SELECT items postgresql' }).nth(11).waitFor();
    await page.locator('.span-bar.critical').first().waitFor();
    await tree.getByRole('treeitem', { name: /GET \/orders\/\S+ orders/ }).click();
    const details = page.getByRole('region', { name: 'Span' });
    await details.getByText('TypeError: price is not a number').waitFor();
    await details.getByText('at price (app/orders/price.js:14:22)').waitFor();
    await page.getByRole('button', { name: 'as rows' }).click();
    await tree.getByText('order 7 is slow').waitFor();
    assert.deepEqual(browser.faults, []);
  });

  test('the trace explains where its time went, and leads to the spans', async () => {
    page = await browser.open(`${viewer.url}/traces/${toTraceId(7)}`);
    await page.getByText('Where 214 ms went').click();
    const finding = page.getByRole('link', { name: '12 x "SELECT items" in series take' });
    await finding.click();
    await page.waitForURL(`**/traces/${toTraceId(7)}?span=${toSpanId(7010)}`);
    assert.deepEqual(browser.faults, []);
  });

  test('a scrolled trace shows its rows in their order, with the elements that it had', async () => {
    const count = 400;
    const spans = Array.from({ length: count }, (_, index) => ({
      trace: 40,
      span: 40_001 + index,
      ...(index > 0 && { parent: 40_001 }),
      name: `step ${index}`,
      start: index,
      end: index === 0 ? count : index + 1,
    }));
    await viewer.send('traces', createTraces(spans));
    page = await browser.open(`${viewer.url}/traces/${toTraceId(40)}`);
    const tree = page.getByRole('tree', { name: 'Waterfall' });
    await tree.getByRole('treeitem', { name: 'step 10' }).waitFor();
    const rows = '[...document.querySelectorAll(".waterfall [role=treeitem]")]';
    // One evaluation: a locator finds the elements first and reads them later, when they may show other rows.
    const readSteps = (): Promise<number[]> =>
      page.evaluate(`${rows}.map((row) => Number(/step (\\d+)/.exec(row.textContent)?.[1]))`);
    const setTop = async (top: number): Promise<void> => {
      await page.evaluate(`document.querySelector('.waterfall').scrollTop = ${top}`);
    };
    // From a full window on, steps and jumps in both directions reuse its elements.
    await setTop(26 * 40);
    await tree.getByRole('treeitem', { name: 'step 50' }).waitFor();
    await page.evaluate(`globalThis.knownRows = new Set(${rows})`);
    for (const first of [44, 52, 300, 296, 120]) {
      await setTop(26 * first);
      // The first row of the new window, eight rows above those in sight.
      await tree.getByRole('treeitem', { name: new RegExp(`step ${first - 8}\\b`) }).waitFor();
      const steps = await readSteps();
      assert.deepEqual(
        steps,
        steps.map((_, index) => (steps[0] ?? 0) + index),
      );
      assert.ok((steps[0] ?? Infinity) <= first, `${steps[0]} is above ${first}`);
      assert.equal(await page.evaluate(`${rows}.every((row) => knownRows.has(row))`), true);
    }
    await tree.focus();
    await page.keyboard.press('End');
    const last = tree.getByRole('treeitem', { selected: true });
    await last.filter({ hasText: `step ${count - 1}` }).waitFor();
    assert.equal(await tree.getAttribute('aria-activedescendant'), await last.getAttribute('id'));
    // A key shows the row that it selects, even when that row is selected already and out of sight.
    await setTop(0);
    await tree.getByRole('treeitem', { name: 'step 10' }).waitFor();
    await page.keyboard.press('End');
    await last.filter({ hasText: `step ${count - 1}` }).waitFor();
    assert.deepEqual(browser.faults, []);
  });

  test('requests are in the order of their start, whenever they arrive', async () => {
    await using own = await TestViewer.start();
    const base = Date.now() - 5000;
    const request = (trace: number, start: number): object =>
      createTraces(
        [
          {
            trace,
            span: trace,
            name: 'GET /items',
            kind: 2,
            start,
            end: start + 5,
            attributes: {
              'http.request.method': 'GET',
              'http.route': '/items',
              'url.path': `/items/${trace}`,
            },
          },
        ],
        { base },
      );
    await own.send('traces', request(2, 200));
    await own.send('traces', request(1, 100));
    page = await browser.open(`${own.url}/requests`);
    await page.getByRole('option', { name: 'GET /items/1' }).waitFor();
    const texts = await page.getByRole('option').allTextContents();
    assert.deepEqual(
      texts.map((text) => /\/items\/\d/.exec(text)?.[0]),
      ['/items/2', '/items/1'],
    );
  });

  test('trace, log record, error and metric lead to one another', async () => {
    page = await browser.open(`${viewer.url}/traces/${toTraceId(7)}`);
    await page.getByRole('link', { name: '2 log records' }).click();
    await page.getByRole('option', { name: 'order 7 is slow' }).click();
    await page.getByRole('link', { name: 'Open the trace' }).click();
    await page.waitForURL(`**/traces/${toTraceId(7)}?span=${toSpanId(7003)}`);
    await page.getByRole('link', { name: 'all of this kind' }).first().click();
    await page.waitForURL('**/errors/*');
    await page.getByRole('table', { name: 'Occurrences' }).getByRole('link').first().click();
    await page.getByRole('tree', { name: 'Waterfall' }).waitFor();
    await page.getByRole('link', { name: 'Metrics' }).click();
    await page.getByRole('link', { name: 'http.server.request.duration' }).click();
    await page.waitForURL('**/metrics/http.server.request.duration');
    await page.reload();
    await page.getByText('Duration of HTTP server requests.').waitFor();
    await page.getByRole('img', { name: 'Distribution' }).waitFor();
    await page.locator('a.exemplar').first().click();
    await page.waitForURL(`**/traces/${toTraceId(7)}?span=${toSpanId(7003)}`);
    assert.deepEqual(browser.faults, []);
  });

  test('the address bar is the state: a reload shows the same', async () => {
    page = await browser.open(`${viewer.url}/traces/${toTraceId(7)}`);
    await page.getByRole('treeitem', { name: /^GET gateway|^GET orders/ }).click();
    const address = page.url();
    assert.match(address, new RegExp(`span=${toSpanId(7002)}`));
    await page.reload();
    await page.locator('[role=treeitem][aria-selected=true]', { hasText: 'orders' }).waitFor();
    await page.getByRole('region', { name: 'Span' }).getByText('server.address').waitFor();
    assert.equal(page.url(), address);
    assert.equal(await page.title(), 'Traces · sonde dev');
  });

  test('a query filters, is completed while it is written, and says what is wrong with it', async () => {
    page = await browser.open(`${viewer.url}/logs`);
    await page.getByRole('option', { name: 'it failed' }).waitFor();
    const query = page.getByRole('combobox', { name: 'Query' });
    await query.fill('leve');
    await page.getByRole('option', { name: 'level field' }).waitFor();
    await query.fill('level>=error');
    await query.press('Enter');
    await page.getByRole('option', { name: 'order 7 is slow' }).waitFor({ state: 'detached' });
    await page.getByRole('option', { name: 'it failed' }).waitFor();
    assert.match(page.url(), /\?q=level%3E%3Derror$/);
    await query.fill('level>');
    await query.press('Enter');
    await page.locator('.query .problem').waitFor();
    await page.getByRole('button', { name: 'Remove the query' }).click();
    await page.getByRole('link', { name: 'warn' }).click();
    await page.waitForURL(/q=level%3E%3Dwarn/);
    await page.getByRole('option', { name: 'order 7 is slow' }).waitFor();
  });

  test('the tail stands still while it is read, counts what is new, and goes on', async () => {
    page = await browser.open(`${viewer.url}/logs`);
    await page.getByRole('option', { name: 'order 7 is slow' }).click();
    await page.getByText('frozen while you read').waitFor();
    await viewer.send('logs', createLogs([{ body: 'news' }, { body: 'more news' }]));
    await page.getByRole('button', { name: '2 new' }).waitFor();
    assert.equal(await page.getByRole('option', { name: 'more news' }).count(), 0);
    await page.keyboard.press('f');
    await page.getByRole('option', { name: 'more news' }).waitFor();
    await page.getByText('frozen while you read').waitFor({ state: 'detached' });
    await viewer.send('logs', createLogs([{ body: 'the latest' }]));
    await page.getByRole('option', { name: 'the latest' }).waitFor();
    await page.getByRole('option', { name: 'more news' }).click();
    await page.getByRole('heading', { name: 'Around it' }).waitFor();
    await page.locator('.context .current', { hasText: 'more news' }).waitFor();
  });

  test('everything can be done with the keyboard', async () => {
    page = await browser.open(`${viewer.url}/services`);
    await page.getByRole('table', { name: 'Services' }).getByRole('link', { name: 'gateway' }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('r');
    await page.waitForURL('**/requests');
    await page.getByRole('option', { name: '/orders/7' }).first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('service=gateway');
    await page.keyboard.press('Enter');
    await page.waitForURL(/q=service%3Dgateway/);
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    await page.locator('[data-row]:focus').waitFor();
    await page.getByRole('listbox', { name: 'Requests' }).focus();
    await page.keyboard.press('ArrowDown');
    const tree = page.getByRole('tree', { name: 'Waterfall' });
    await tree.waitFor();
    await tree.focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowLeft');
    await tree.locator('[aria-expanded=false]').waitFor();
    assert.equal(await tree.getByRole('treeitem').count(), 1);
    await page.keyboard.press('ArrowRight');
    await tree.getByRole('treeitem').nth(3).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).getByText('Go to Logs').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('t');
    await page.locator('html[data-theme=light]').waitFor();
  });

  test('the session is paused, cleared, exported and imported from the page', async () => {
    await using own = await TestViewer.start();
    await sendOrder(own, 8);
    page = await browser.open(`${own.url}/traces`);
    await page.getByRole('option', { name: 'GET /orders/:id' }).waitFor();
    await page.locator('body').press('Space');
    await page.locator('.live.paused').waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.locator('.live.live').waitFor();
    await page.getByRole('button', { name: 'Session' }).click();
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Export' }).click();
    const file = await (await download).path();
    await page.getByRole('button', { name: 'Clear', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Clear' }).click();
    await page.getByText('No traces yet').waitFor();
    await page.getByLabel('Session to import').setInputFiles(file);
    await page.getByRole('option', { name: 'GET /orders/:id' }).waitFor();
    assert.deepEqual(browser.faults, []);
  });

  test('a viewer that is gone is reported, and one that is back is shown', async () => {
    const own = await TestViewer.start();
    page = await browser.open(own.url);
    const { port } = own.server.session.servers.viewer ?? {};
    await own[Symbol.asyncDispose]();
    await page.locator('p.lost').waitFor();
    await using again = await TestViewer.start({ port });
    await page.locator('p.lost').waitFor({ state: 'detached' });
    await sendOrder(again, 9);
    await page.getByRole('option', { name: '/orders/9' }).first().waitFor();
  });

  test('another site cannot have the page: a request for its name is refused', async () => {
    const { port } = viewer.server.session.servers.viewer ?? {};
    await using evil = await TestBrowser.start(['--host-resolver-rules=MAP evil.example 127.0.0.1']);
    const status = await evil.getStatus(`http://evil.example:${port}/`);
    assert.equal(status, 403);
  });
});
