import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { OtlpSink, type Received } from '../support/otlp-sink.ts';
import { application } from './support/applications.ts';
import { nodeUnderTest, versionsUnderTest } from './support/node-under-test.ts';
import { runApplication } from './support/run-application.ts';
import { source } from './support/source.ts';

const timeout = 120_000;

interface Framework {
  readonly dependencies: readonly string[];
  readonly uses: Readonly<Record<string, string>>;
  /** Whether the application has routes. */
  readonly hasRoutes?: boolean;
  /** Gives `server`, which listens. */
  readonly body: string;
}

const listening = `server.listen(0, '127.0.0.1'); await once(server, 'listening');`;

/** Frameworks under their own instrumentations, which know the routes. */
const frameworks: Readonly<Record<string, Framework>> = {
  express: {
    dependencies: ['express', '@opentelemetry/instrumentation-express'],
    hasRoutes: true,
    uses: { express: 'express', 'node:http': '{ createServer }' },
    body: `
      const app = express();
      app.use(express.json());
      app.get('/users/:id', (request, response) => response.json({ id: request.params.id }));
      app.post('/users', (request, response) => response.status(201).json(request.body));
      app.get('/throws', () => { throw new TypeError('no'); });
      app.use((error, request, response, next) => response.status(500).end(error.message));
      const server = createServer(app);
      ${listening}`,
  },
  koa: {
    dependencies: ['koa', '@opentelemetry/instrumentation-koa'],
    uses: { koa: 'Koa', 'node:http': '{ createServer }' },
    body: `
      const app = new Koa().use(async (c) => {
        if (c.path === '/throws') throw new TypeError('no');
        if (c.path.startsWith('/users')) c.body = { id: 7 };
      }).on('error', () => {});
      const server = createServer(app.callback());
      ${listening}`,
  },
  fastify: {
    dependencies: ['fastify', '@fastify/otel'],
    hasRoutes: true,
    uses: { fastify: '{ fastify }' },
    body: `
      const app = fastify();
      app.get('/users/:id', async (request) => ({ id: request.params.id }));
      app.post('/users', async (request, reply) => reply.code(201).send(request.body));
      app.get('/throws', async () => { throw new TypeError('no'); });
      await app.listen({ port: 0, host: '127.0.0.1' });
      const { server } = app;`,
  },
  hono: {
    dependencies: ['hono', '@hono/node-server'],
    hasRoutes: true,
    uses: { hono: '{ Hono }', '@hono/node-server': '{ serve }' },
    body: `
      const app = new Hono()
        .get('/users/:id', (c) => c.json({ id: c.req.param('id') }))
        .post('/users', async (c) => c.json(await c.req.json(), 201))
        .get('/throws', () => { throw new TypeError('no'); })
        .onError((error, c) => c.text(error.message, 500));
      const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
      await once(server, 'listening');`,
  },
};

const requests = `
  const url = 'http://127.0.0.1:' + server.address().port;
  const json = { method: 'POST', body: '{"name":"Ada"}', headers: { 'content-type': 'application/json' } };
  for (const [path, options] of [['/users/7'], ['/users', json], ['/throws'], ['/nowhere'], ['/health']]) {
    await (await fetch(url + path, options)).text();
  }
  server.close();`;

interface Telemetry {
  readonly spans: readonly { readonly name: string }[];
  readonly durations: number;
}

/** Spans without values that vary between runs, sorted. */
function comparable(spans: readonly Received[]): { readonly name: string }[] {
  const names = new Map(spans.map(({ spanId, name }) => [spanId, name]));
  const lines = spans.map(({ name, scope, attributes, raw }) => {
    const { parentSpanId } = raw as { parentSpanId?: Uint8Array };
    const {
      'network.peer.port': peerPort,
      'server.port': port,
      'url.full': url,
      // The lean engine records the class of the error, and upstream's instrumentation the status.
      'error.type': errorType,
      ...rest
    } = attributes;
    return {
      scope: scope.replace('@sonde/', '@opentelemetry/'),
      name,
      parent: names.get(Buffer.from(parentSpanId ?? []).toString('hex')) ?? '',
      attributes: Object.fromEntries(Object.entries(rest).toSorted(([a], [b]) => a.localeCompare(b))),
      had: [peerPort, port, url, errorType].map((value) => value !== undefined),
    };
  });
  return lines.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
}

for (const version of versionsUnderTest) {
  suite(`incoming requests on Node ${version}, with both engines`, { timeout: 5 * timeout }, () => {
    for (const [name, { dependencies, uses, body, hasRoutes = false }] of Object.entries(frameworks)) {
      test(`have the same spans and routes under ${name}`, { timeout }, async (t) => {
        const node = await nodeUnderTest(t, version);
        if (node === undefined) return;
        const text = source('mjs', { ...uses, 'node:events': '{ once }' }, body + requests);
        const cwd = await application(t, dependencies, { 'app.mjs': text });
        const recordTelemetry = async (engine: string): Promise<Telemetry> => {
          await using sink = await OtlpSink.start();
          const env = { SONDE_ENGINE: engine };
          await runApplication(node, ['--import', '@sonde/otel/register', 'app.mjs'], { cwd, sink, env });
          const ofServer = sink.spans.filter(({ scope }) => scope === '@sonde/instrumentation-http');
          assert.equal(ofServer.length, engine === 'lean' ? 4 : 0);
          const durations = sink.metrics.filter((metric) => metric.name === 'http.server.request.duration');
          return { spans: comparable(sink.spans), durations: durations.length };
        };
        const standard = await recordTelemetry('standard');
        assert.ok(standard.spans.length >= 8);
        const names = standard.spans.map((span) => span.name);
        assert.equal(names.includes('GET /users/:id'), hasRoutes, names.join());
        assert.deepEqual(await recordTelemetry('lean'), standard);
      });
    }
  });
}
