import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kinds } from '../packaging/loading.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import { application } from './support/applications.ts';
import { nodeUnderTest } from './support/node-under-test.ts';
import { runApplication } from './support/run-application.ts';
import { source } from './support/source.ts';

const timeout = 120_000;

/** A server that accepts a WebSocket, rejects one and drops one. */
const uses = {
  'node:http': '{ createServer }',
  'node:crypto': '{ createHash }',
  'node:events': '{ once }',
  '@opentelemetry/api': '{ trace }',
};
const body = `
  const server = createServer().on('upgrade', (request, socket) => {
    trace.getActiveSpan().setAttribute('http.route', '/live/:room');
    if (request.url === '/live/denied') return socket.end('HTTP/1.1 403 Forbidden\\r\\n\\r\\n');
    if (request.url === '/live/dropped') return socket.destroy();
    const key = request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
    const accept = createHash('sha1').update(key).digest('base64');
    socket.write('HTTP/1.1 101 Switching Protocols\\r\\nupgrade: websocket\\r\\nconnection: upgrade\\r\\nsec-websocket-accept: ' + accept + '\\r\\n\\r\\n');
    socket.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  for (const room of ['1', 'denied', 'dropped']) {
    const client = new WebSocket('ws://127.0.0.1:' + server.address().port + '/live/' + room);
    client.onerror = () => {};
    await new Promise((resolve) => (client.onclose = resolve));
  }
  server.close();`;

for (const kind of kinds) {
  test(`handshakes of WebSockets are spans that end, as ${kind}`, { timeout }, async (t) => {
    const node = await nodeUnderTest(t, process.versions.node);
    if (node === undefined) return;
    await using sink = await OtlpSink.start();
    const cwd = await application(t, [], { [`app.${kind}`]: source(kind, uses, body) });
    const args = ['--require', '@sonde/otel/register', `app.${kind}`];
    const { output } = await runApplication(node, args, { cwd, sink });
    const servers = sink.spans.filter(({ raw }) => raw['kind'] === 2);
    assert.deepEqual(
      servers.map(({ attributes, name }) => [
        name,
        attributes['http.response.status_code'],
        attributes['error.type'],
      ]),
      [
        ['GET /live/:room', 101, undefined],
        ['GET /live/:room', 403, undefined],
        ['GET /live/:room', undefined, 'client_disconnect'],
      ],
      output,
    );
    const clients = new Map(
      sink.spans.filter(({ raw }) => raw['kind'] === 3).map((span) => [span.spanId, span]),
    );
    for (const { raw } of servers) {
      const client = clients.get(Buffer.from(raw['parentSpanId'] as Uint8Array).toString('hex'));
      assert.ok(client !== undefined && client.attributes['sonde.unfinished'] === undefined);
    }
  });
}
