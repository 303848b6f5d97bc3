import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogs, createTraces } from '../../packages/dev/src/testing/otlp-messages.ts';
import { TestViewer } from '../../packages/dev/src/testing/viewer.ts';
import { assertLinear } from './support/growth.ts';

// `sonde dev` receives OTLP and parses queries in linear time.

const timeout = 170_000;
const units = ['a', '"', '\\', '\n', 'é', '{"a":', '[', '    at f (file:1:2)\n', '%', '0'];
/** A request goes over a connection. */
const leastReferenceNs = 20;

async function post(viewer: TestViewer, signal: string, type: string, body: string): Promise<number> {
  const response = await fetch(`${viewer.otlpUrl}/v1/${signal}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body,
  });
  await response.arrayBuffer();
  await viewer.server.session.store.flush();
  return response.status;
}

test('texts of OTLP in JSON are received in linear time', { timeout }, async () => {
  await using viewer = await TestViewer.start();
  let span = 1;
  await assertLinear(
    async (text) => {
      const exception = {
        name: 'exception',
        attributes: [{ key: 'exception.stacktrace', value: { stringValue: text } }],
      };
      const attributes = { text, [text]: 'x', 'url.full': text };
      const traces = createTraces([{ trace: 1, span: span++, name: text, attributes, events: [exception] }]);
      assert.equal(await post(viewer, 'traces', 'application/json', JSON.stringify(traces)), 200);
      const logs = createLogs([{ body: text, attributes: { text, 'exception.stacktrace': text } }]);
      assert.equal(await post(viewer, 'logs', 'application/json', JSON.stringify(logs)), 200);
    },
    // The text is in the two requests and in the database ten times.
    { units, leastReferenceNs: 10 * leastReferenceNs },
  );
});

test('bodies that are not OTLP are refused in linear time', { timeout }, async () => {
  await using viewer = await TestViewer.start();
  for (const type of ['application/json', 'application/x-protobuf']) {
    for (const signal of ['traces', 'logs', 'metrics']) {
      await assertLinear((text) => post(viewer, signal, type, text), {
        units: [
          'a',
          '[',
          '{"a":',
          '"',
          '\n',
          '\u0000',
          '\u0001',
          '\b',
          '\u0012\u0001a',
          '\u000a\u0002\u000a\u0000',
        ],
        leastReferenceNs,
      });
    }
  }
});
