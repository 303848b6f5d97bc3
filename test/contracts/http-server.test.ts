import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { recordedDurations } from '../engine/incoming/record.ts';
import { OtlpSink, type Received } from '../support/otlp-sink.ts';
import { packageFlags, Program } from '../support/program.ts';

// The router and a server of node:http under Sonde record the same requests alike.

const timeout = 60_000;
const app = join(import.meta.dirname, 'http-server', 'app.ts');

/** A request: its head without the final line break, and how the client ends. */
interface Sent {
  readonly head: string;
  /** The client leaves when the server has reached this path. */
  readonly leaves?: string;
}

const get = (target: string, ...fields: string[]): Sent => ({
  head: [`GET ${target} HTTP/1.1`, 'host: shop.example:8080', ...fields].join('\r\n'),
});
const from = (host: string): Sent => ({ head: `GET /ok HTTP/1.1\r\nhost: ${host}` });

const requests: Readonly<Record<string, Sent>> = {
  'a request': get('/ok'),
  'a redirection': get('/moved'),
  'a client error': get('/denied'),
  'a path without a route': get('/nowhere'),
  'a server error': get('/fails'),
  'a body': { head: 'POST /ok HTTP/1.1\r\nhost: shop.example\r\ncontent-length: 0' },
  'HTTP/1.0': { head: 'GET /ok HTTP/1.0\r\nhost: shop.example' },
  'an unknown method': { head: 'PURGE /nowhere HTTP/1.1\r\nhost: shop.example' },
  'another unknown method': { head: 'M-SEARCH /nowhere HTTP/1.1\r\nhost: shop.example' },
  'a user agent': get('/ok', 'user-agent: test/1'),
  'a query': get('/ok?a=1&b=%20c+d'),
  'an empty query': get('/ok?'),
  'a query with secrets': get(
    '/ok?token=s1&a=1&code=s2&session=s3&X-Amz-Signature=s4&sig=s5&apiKey=s6&password[]=s7&refresh_token=s8&auth=s9&jwt=s10&passwordHash=s11&b=2',
  ),
  'a path that is not normal': get('/a/../b//c'),
  'an absolute target': get('http://other.example:81/ok?q=1'),
  'an absolute target with credentials': get('http://me:secret@other.example/ok'),
  'an absolute target of an IPv6 address': get('http://[::1]:81/ok'),
  'a host without a port': from('shop.example'),
  'an IPv4 address': from('127.0.0.1:1'),
  'an IPv6 address': from('[::1]'),
  'an IPv6 address with a port': from('[2001:db8::1]:8080'),
  'no host': { head: 'GET /ok HTTP/1.0' },
  'a parent': get('/ok', 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'),
  'a malformed parent': get('/ok', 'traceparent: nonsense'),
  'a client that leaves before the response': { ...get('/hangs'), leaves: '/hangs' },
  'a client that leaves during the response': { ...get('/endless'), leaves: '/endless' },
};

const xForwarded: Readonly<Record<string, Sent>> = {
  'an address': get('/ok', 'x-forwarded-for: 192.0.2.1'),
  'an address with a port': get('/ok', 'x-forwarded-for: 192.0.2.1:8080'),
  'an IPv6 address': get('/ok', 'x-forwarded-for: 2001:db8::1'),
  'an IPv6 address with a port': get('/ok', 'x-forwarded-for: [2001:db8::1]:80'),
  'an address that is none': get('/ok', 'x-forwarded-for: unknown'),
  'an empty address': get('/ok', 'x-forwarded-for: '),
  'a host': get('/ok', 'x-forwarded-host: outer.example'),
  'a host with a port': get('/ok', 'x-forwarded-host: outer.example:8443'),
  'a scheme': get('/ok', 'x-forwarded-proto: https'),
  'a scheme that is none': get('/ok', 'x-forwarded-proto: gopher'),
  'a host and a scheme': get('/ok', 'x-forwarded-host: outer.example', 'x-forwarded-proto: https'),
};

const forwarded: Readonly<Record<string, Sent>> = {
  'an address': get('/ok', 'forwarded: for=192.0.2.9'),
  'an IPv6 address with a port': get('/ok', 'forwarded: for="[2001:db8::1]:99"'),
  'an obfuscated address': get('/ok', 'forwarded: for=_hidden'),
  'an unknown address': get('/ok', 'forwarded: for=unknown'),
  'a host and a scheme': get('/ok', 'forwarded: for=192.0.2.9;host=outer.example;proto=https'),
  'a host with a port': get('/ok', 'forwarded: proto=https;host="outer.example:8443"'),
  'a malformed field': get('/ok', 'forwarded: for="'),
};

async function send(program: Program, { head, leaves }: Sent): Promise<void> {
  const port = Number(/^port (\d+);/m.exec(program.stdout)?.[1]);
  const socket: Socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => {}).resume();
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(`${head}\r\n${leaves === undefined ? 'connection: close\r\n' : ''}\r\n`);
  if (leaves !== undefined) {
    await program.printed(`reached ${leaves}\n`);
    socket.destroy();
    await program.printed(`closed ${leaves}\n`);
  }
  await closed;
}

/** The records of one server: the spans in the order of the requests, and the points of the duration. */
interface Recorded {
  readonly spans: readonly object[];
  readonly durations: readonly unknown[];
}

/** Attributes that differ between requests, or that only the router has. */
const ignored: ReadonlySet<string> = new Set(['network.peer.port', 'http.route']);

function comparable({ name, attributes, raw }: Received): object {
  const entries = Object.entries(attributes).filter(([key]) => !ignored.has(key));
  const route = attributes['http.route'];
  const { kind, parentSpanId, status } = raw;
  return {
    name: name.replace(` ${String(route)}`, ''),
    attributes: Object.fromEntries(entries.toSorted(([a], [b]) => a.localeCompare(b))),
    kind,
    hasParent: parentSpanId !== undefined,
    status: (status as { code?: number } | undefined)?.code ?? 0,
  };
}

async function record(server: string, trusted: string, sent: readonly Sent[]): Promise<Recorded> {
  await using sink = await OtlpSink.start();
  await using program = new Program(process.execPath, [...packageFlags, app], {
    cwd: import.meta.dirname,
    env: { NODE_OPTIONS: '', SERVER: server, TRUSTED: trusted, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
  });
  await program.printed('port ');
  for (const each of sent) await send(program, each);
  program.kill('SIGTERM');
  await program.ended;
  await sink.settled();
  assert.equal(sink.spans.length, sent.length, program.output);
  // The points of one route each are added up.
  const counts = new Map<string, number>();
  for (const point of recordedDurations(sink) as { attributes?: Record<string, unknown>; count?: string }[]) {
    const { 'http.route': _, ...attributes } = point.attributes ?? {};
    const key = JSON.stringify(attributes);
    counts.set(key, (counts.get(key) ?? 0) + Number(point.count ?? 0));
  }
  return {
    spans: sink.spans.map(comparable),
    durations: [...counts].toSorted(([a], [b]) => a.localeCompare(b)),
  };
}

const families = {
  'without trusted proxies': ['', requests],
  'behind a proxy that writes X-Forwarded-*': ['x-forwarded', xForwarded],
  'behind a proxy that writes Forwarded': ['forwarded', forwarded],
} as const satisfies Record<string, readonly [string, Readonly<Record<string, Sent>>]>;

for (const [name, [trusted, sent]] of Object.entries(families)) {
  suite(`requests ${name}`, { timeout }, () => {
    const recorded: Record<string, Recorded> = {};
    before(
      async () => {
        recorded['node:http'] = await record('http', trusted, Object.values(sent));
        recorded['router'] = await record('router', trusted, Object.values(sent));
      },
      { timeout },
    );

    for (const [index, title] of Object.keys(sent).entries()) {
      test(`${title}: router and node:http record the same span`, () => {
        assert.deepEqual(recorded['router']?.spans[index], recorded['node:http']?.spans[index]);
      });
    }

    test('router and node:http record the same durations', () => {
      assert.deepEqual(recorded['router']?.durations, recorded['node:http']?.durations);
    });
  });
}
