import assert from 'node:assert/strict';
import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createTraces } from '../../packages/dev/src/testing/otlp-messages.ts';
import { Program } from '../support/program.ts';
import { stuckClients } from './support/stuck-clients.ts';

// The listeners of `sonde dev` respond while hundreds of clients are stuck.

/** On a quiet machine responses take less than a second; SONDE_TEST_QUIET=1 asserts that. Other load takes its share. */
const answerWithinMs = process.env['SONDE_TEST_QUIET'] === '1' ? 1000 : 10_000;
const timeout = 120_000;
const rounds = 5;
/** The viewer alone needs 200 MB. */
const maxPeakBytes = 700 * 1024 * 1024;
const exportPath = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

interface Urls {
  readonly viewer: string;
  readonly otlp: string;
  readonly grpc: string;
  readonly memory: string;
}

interface Viewer extends AsyncDisposable, Urls {
  /** Fails unless exports, the API and the page get responses. */
  readonly isAnswering: (t: TestContext, between?: () => void) => Promise<void>;
}

/** Sends an empty export over gRPC. Resolves to its status. */
function exportOverGrpc(session: ClientHttp2Session): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const stream = openStream(session);
  stream.once('error', reject);
  stream.once('trailers', (trailers) => resolve(String(trailers['grpc-status'])));
  stream.resume().end(Buffer.alloc(5));
  return promise;
}

function openStream(session: ClientHttp2Session): ReturnType<ClientHttp2Session['request']> {
  return session.request({
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: exportPath,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
}

async function startViewer(): Promise<Viewer> {
  const program = new Program(process.execPath, ['--conditions=@sonde/source', 'viewer.ts'], {
    cwd: join(import.meta.dirname, 'listeners'),
    env: { NODE_OPTIONS: '' },
  });
  await program.printed('\n');
  const urls = JSON.parse(program.stdout) as Urls;
  let slowestMs = 0;
  const request = async (url: string, init: RequestInit = {}): Promise<string> => {
    const startMs = performance.now();
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(answerWithinMs) });
    assert.equal(response.status, 200, url);
    const text = await response.text();
    slowestMs = Math.max(slowestMs, performance.now() - startMs);
    return text;
  };
  const isAnswering = async (t: TestContext, between?: () => void): Promise<void> => {
    slowestMs = 0;
    for (let round = 0; round < rounds; round++) {
      between?.();
      const body = JSON.stringify(createTraces([{ trace: round + 1, span: round + 1 }]));
      const session = connectHttp2(urls.grpc);
      const [status] = await Promise.all([
        exportOverGrpc(session),
        request(`${urls.otlp}/v1/traces`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        }),
        request(`${urls.viewer}/api/status`),
        request(urls.viewer),
      ]);
      session.destroy();
      assert.equal(status, '0');
    }
    const { peakBytes } = JSON.parse(await request(urls.memory)) as { peakBytes: number };
    t.diagnostic(`slowest ${Math.round(slowestMs)} ms, peak ${Math.round(peakBytes / 2 ** 20)} MiB`);
    assert.ok(peakBytes < maxPeakBytes, `${peakBytes} bytes at the peak`);
  };
  return { ...urls, isAnswering, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

const head = (line: string, more = ''): string => `${line} HTTP/1.1\r\nHost: localhost\r\n${more}`;
const get = (path: string): string => head(`GET ${path}`, '\r\n');
const unendingHead = head('GET /', 'X-Padding: ');
const unendingExport = (bytes: number): string =>
  head('POST /v1/traces', `Content-Type: application/json\r\nContent-Length: ${bytes}\r\n\r\n`);

test('exports, the API and the page respond despite 400 clients that never read', { timeout }, async (t) => {
  await using viewer = await startViewer();
  await Promise.all([
    stuckClients(t, viewer.viewer, 400, get('/api/live'), 'answered'),
    stuckClients(t, viewer.viewer, 400, get('/api/export?signals=traces'), 'sent'),
    stuckClients(t, viewer.viewer, 400, get('/').repeat(50), 'answered'),
  ]);
  await viewer.isAnswering(t);
});

test(
  'exports, the API and the page respond despite unfinished heads, bodies and streams',
  { timeout },
  async (t) => {
    await using viewer = await startViewer();
    const bodies: readonly (readonly [string, string])[] = [
      [viewer.otlp, unendingExport(60_000_000)],
      [viewer.viewer, head('POST /api/import', 'Content-Length: 200000000\r\n\r\n')],
      [viewer.viewer, head('POST /mcp', 'Content-Length: 1000000\r\n\r\n')],
    ];
    const stuck = await Promise.all([
      ...[viewer.viewer, viewer.otlp, viewer.grpc].map((url) =>
        stuckClients(t, url, 400, unendingHead, 'sent'),
      ),
      ...bodies.map(([url, text]) => stuckClients(t, url, 400, text, 'sent')),
    ]);
    const sessions = Array.from({ length: 8 }, () => connectHttp2(viewer.grpc));
    t.after(() => sessions.forEach((session) => session.destroy()));
    const streams = sessions.flatMap((session) => Array.from({ length: 50 }, () => openStream(session)));
    for (const stream of streams) stream.on('error', () => undefined);
    await viewer.isAnswering(t, () => {
      for (const clients of stuck) clients.write('x');
      for (const stream of streams) stream.write(Buffer.alloc(1));
    });
  },
);

test('unfinished bodies together are limited in memory', { timeout }, async (t) => {
  await using viewer = await startViewer();
  const large = Buffer.concat([Buffer.from(unendingExport(60_000_000)), Buffer.alloc(16 * 1024 * 1024)]);
  await stuckClients(t, viewer.otlp, 60, large, 'sent');
  await viewer.isAnswering(t);
});
