import { test } from 'node:test';
import { context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { start } from '@sonde/otel';
import { createRouter } from '@sonde/router';
import { assertLinear, numbered } from './support/growth.ts';
import { asked, served } from './support/raw-request.ts';

// Inputs of many items that differ: a comparison of each with each would not be linear.

const timeout = 170_000;
const units = ['a'];
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

start({
  traces: { exporter: ['none'] },
  logs: { exporter: ['none'], console: false },
  metrics: { exporter: ['none'] },
});

/** Runs a function with lists of different items. */
function assertLinearList(item: string, run: (list: string) => unknown): Promise<void> {
  return assertLinear((text) => run(numbered(item, text.length)), { units });
}

test('many members of header fields are parsed in linear time', { timeout }, async () => {
  for (const [field, item] of [
    ['baggage', 'a#=b,'],
    ['baggage', 'a#=b;c#=d,'],
    ['baggage', 'a=b;c#=d;'],
    ['tracestate', 'a#=b,'],
  ] as const) {
    await assertLinearList(item, (list) => propagation.extract(ROOT_CONTEXT, { traceparent, [field]: list }));
  }
});

test('many baggage entries are sent in linear time', { timeout }, async () => {
  await assertLinearList('a#,', (list) => {
    const entries = Object.fromEntries(list.split(',').map((name) => [name, { value: 'b' }]));
    const baggage = propagation.createBaggage(entries);
    const active = propagation.setBaggage(context.active(), baggage);
    trace.getTracer('growth').startSpan('x', {}, active).end();
    propagation.inject(active, {});
  });
});

test('many names in queries, fields and forms are read in linear time', { timeout }, async () => {
  const router = createRouter({ bodyLimitBytes: 4_194_304 })
    .get('/', (c) => Object.keys(c.query as object).length)
    .post('/form', async (c) => [...(await c.form())].length);
  await served(router.handler, async (port) => {
    await assertLinearList('a#=b&', (list) => asked(port, `/?${list}`));
    await assertLinearList('a#=b; ', (list) => asked(port, '/', [`cookie: ${list}`]));
    await assertLinearList('x-a#: b\n', (list) => asked(port, '/', list.trim().split('\n')));
    const form = ['content-type: application/x-www-form-urlencoded'];
    await assertLinearList('a#=b&', (list) => asked(port, '/form', form, list));
    const multipart = ['content-type: multipart/form-data; boundary=b'];
    const part = '--b\r\ncontent-disposition: form-data; name="a#"\r\n\r\nb\r\n';
    await assertLinearList(part, (list) => asked(port, '/form', multipart, `${list}--b--\r\n`));
  });
});
