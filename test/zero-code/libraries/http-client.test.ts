import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { versionsUnderTest } from '../support/node-under-test.ts';
import { exceptionMessages, histogramPoints, runLibraryProgram } from './support/library-program.ts';

const timeout = 120_000;

/** A server that breaks the body of `/breaks` off, and a client that reads all bodies and cancels that of `/canceled`. */
const body = `
    const server = createServer((request, response) => {
      response.writeHead(200, { 'content-length': 1000 }).write('part');
      if (request.url === '/complete') response.end(Buffer.alloc(996));
      if (request.url === '/breaks') request.socket.destroySoon();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    for (const path of ['/complete', '/breaks', '/canceled']) {
      const request = get({ host: '127.0.0.1', port: server.address().port, path, agent: false });
      const [response] = await once(request, 'response');
      response.on('error', () => {});
      response.resume();
      const closed = new Promise((resolve) => response.on('close', resolve));
      if (path === '/canceled') request.destroy();
      await closed;
    }
    server.close();`;

suite('clients of node:http', { timeout: 4 * timeout }, () => {
  for (const node of versionsUnderTest) {
    test(`a response whose body breaks off is an error, on Node ${node}`, { timeout }, async (t) => {
      const seen = await runLibraryProgram(t, {
        generation: 'newest',
        kind: 'cjs',
        node,
        dependencies: [],
        uses: { 'node:http': '{ createServer, get }', 'node:events': '{ once }' },
        body,
      });
      if (seen === undefined) return;
      const { sink } = seen;
      const clients = sink.spans.filter(({ raw }) => raw['kind'] === 3);
      assert.deepEqual(
        clients.map((span) => [
          new URL(String(span.attributes['url.full'])).pathname,
          span.attributes['http.response.status_code'],
          span.attributes['error.type'],
          exceptionMessages(span),
        ]),
        [
          ['/complete', 200, undefined, []],
          ['/breaks', 200, 'ECONNRESET', ['aborted']],
          ['/canceled', 200, undefined, []],
        ],
      );
      const measured = new Map(
        histogramPoints(sink, 'http.client.request.duration').map(({ attributes, count }) => [
          attributes['error.type'],
          count,
        ]),
      );
      assert.deepEqual(
        measured,
        new Map([
          ['ECONNRESET', 1],
          [undefined, 2],
        ]),
      );
      const incomplete = sink.spans.filter(({ raw }) => raw['kind'] === 2);
      assert.deepEqual(
        incomplete.map(({ attributes }) => attributes['error.type']),
        [undefined, '_OTHER', 'client_disconnect'],
      );
    });
  }
});
