import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { type Kind, kinds } from '../../packaging/loading.ts';
import type { OtlpSink, Received } from '../../support/otlp-sink.ts';
import { versionsUnderTest } from '../support/node-under-test.ts';
import {
  exceptionMessages,
  type Generation,
  histogramPoints,
  type LibraryProgram,
  runLibraryProgram,
  serverSpans,
} from './support/library-program.ts';

const timeout = 120_000;

/** A request, and its span: path, name, `http.route`, `error.type` and the message of the exception. */
type Row = readonly [
  path: string,
  name: string,
  route?: string | undefined,
  errorType?: string,
  exception?: string,
];

/** A service with some framework. Its `body` starts `server`. */
interface Service {
  readonly title: string;
  readonly dependencies: readonly string[];
  readonly generations?: readonly Generation[];
  /** The module systems that it supports. @default both */
  readonly kinds?: readonly Kind[];
  readonly uses: Readonly<Record<string, string>>;
  readonly body: string;
  readonly rows: readonly Row[];
}

const express: Service = {
  title: 'Express',
  dependencies: ['express'],
  uses: { express: 'express' },
  body: `
    const app = express();
    const tenants = express.Router({ mergeParams: true });
    const orders = express.Router();
    app.set('env', 'test');
    app.use((request, response, next) => next());
    app.get('/users/:id', (request, response) => response.send('user'));
    app.get('/fails/:id', () => { throw new TypeError('thrown'); });
    app.get('/handled/:id', (request, response, next) => next(new RangeError('handled')));
    app.get('/client-error', (request, response, next) => next(Object.assign(new Error('no'), { status: 418 })));
    orders.get('/:order', (request, response) => response.send('order'));
    orders.get('/', (request, response) => response.send('orders'));
    tenants.get('/users/:id', (request, response) => response.send('user'));
    tenants.use('/orders/of/:user', orders);
    app.use('/tenants/:tenant', tenants);
    app.use('/mounted/:id', (request, response) => response.send('mounted'));
    app.get(/^\\/files\\/(\\d+)$/, (request, response) => response.send('file'));
    app.use((error, request, response, next) => {
      if (error instanceof RangeError) response.status(500).send('handled');
      else next(error);
    });
    const server = app.listen(0, '127.0.0.1');`,
  rows: [
    ['/users/1', 'GET /users/:id', '/users/:id'],
    ['/fails/1', 'GET /fails/:id', '/fails/:id', 'TypeError', 'thrown'],
    ['/handled/1', 'GET /handled/:id', '/handled/:id', 'RangeError', 'handled'],
    ['/client-error', 'GET /client-error', '/client-error'],
    ['/tenants/a/users/1', 'GET /tenants/:tenant/users/:id', '/tenants/:tenant/users/:id'],
    [
      '/TENANTS/a/orders/of/b/7',
      'GET /tenants/:tenant/orders/of/:user/:order',
      '/tenants/:tenant/orders/of/:user/:order',
    ],
    ['/tenants/a/orders/of/b', 'GET /tenants/:tenant/orders/of/:user', '/tenants/:tenant/orders/of/:user'],
    ['/files/5', String.raw`GET /^\/files\/(\d+)$/`, String.raw`/^\/files\/(\d+)$/`],
    ['/mounted/1/below', 'GET /mounted/:id', '/mounted/:id'],
    ['/tenants/a/unknown', 'GET'],
    ['/unknown', 'GET'],
  ],
};

/** `router` without Express. */
const router: Service = {
  title: 'router',
  dependencies: ['router'],
  uses: { router: 'Router', 'node:http': '{ createServer }' },
  body: `
    const router = new Router();
    const users = new Router();
    users.get('/:id', (request, response) => response.end('user'));
    users.get('/:id/fails', () => { throw new TypeError('thrown'); });
    router.use((request, response, next) => next());
    router.use('/teams/:team', users);
    router.use((error, request, response, next) => response.writeHead(500).end());
    const server = createServer((request, response) => {
      router(request, response, () => response.writeHead(404).end());
    }).listen(0, '127.0.0.1');`,
  rows: [
    ['/teams/a/1', 'GET /teams/:team/:id', '/teams/:team/:id'],
    ['/teams/a/1/fails', 'GET /teams/:team/:id/fails', '/teams/:team/:id/fails', 'TypeError', 'thrown'],
    ['/unknown', 'GET'],
  ],
};

const connect: Service = {
  title: 'connect',
  dependencies: ['connect'],
  uses: { connect: 'connect', 'node:http': '{ createServer }' },
  body: `
    process.env.NODE_ENV = 'test';
    const app = connect();
    const teams = connect();
    teams.use('/list', (request, response) => response.end('list'));
    app.use((request, response, next) => next());
    app.use('/fails', () => { throw new TypeError('thrown'); });
    app.use('/teams', teams);
    const server = createServer(app).listen(0, '127.0.0.1');`,
  rows: [
    ['/teams/list', 'GET /teams/list', '/teams/list'],
    ['/teams/unknown', 'GET'],
    ['/fails', 'GET', undefined, 'TypeError', 'thrown'],
    ['/unknown', 'GET'],
  ],
};

const hapi: Service = {
  title: 'hapi',
  dependencies: ['@hapi/hapi'],
  uses: { '@hapi/hapi': 'Hapi' },
  body: `
    const app = Hapi.server({ port: 0, host: '127.0.0.1', debug: false });
    const add = (path, handler) => app.route({ method: 'GET', path, handler });
    add('/users/{id}', () => 'user');
    add('/fails/{id}', () => { throw new TypeError('thrown'); });
    add('/client-error', (request, h) => h.response('no').code(418));
    add('/files/{path*}', () => 'file');
    app.ext('onPreAuth', (request, h) => {
      if (request.query.denied) throw new RangeError('denied');
      return h.continue;
    });
    await app.start();
    const server = app.listener;`,
  rows: [
    ['/users/1', 'GET /users/{id}', '/users/{id}'],
    ['/fails/1', 'GET /fails/{id}', '/fails/{id}', 'TypeError', 'thrown'],
    ['/client-error', 'GET /client-error', '/client-error'],
    ['/files/a/b', 'GET /files/{path*}', '/files/{path*}'],
    ['/users/1?denied=1', 'GET /users/{id}', '/users/{id}', 'RangeError', 'denied'],
    ['/unknown', 'GET'],
  ],
};

const restify: Service = {
  title: 'Restify',
  dependencies: ['restify'],
  // Older versions do not load on Node.js 24.
  generations: ['newest'],
  uses: { restify: 'restify' },
  body: `
    const app = restify.createServer();
    app.use((request, response, next) => next());
    app.get('/users/:id', (request, response, next) => { response.send('user'); next(); });
    app.get('/fails/:id', (request, response, next) => next(new TypeError('thrown')));
    app.get('/client-error', (request, response, next) => next(Object.assign(new Error('no'), { statusCode: 418 })));
    app.listen(0, '127.0.0.1');
    const { server } = app;`,
  rows: [
    ['/users/1', 'GET /users/:id', '/users/:id'],
    ['/fails/1', 'GET /fails/:id', '/fails/:id', 'TypeError', 'thrown'],
    ['/client-error', 'GET /client-error', '/client-error'],
    ['/unknown', 'GET'],
  ],
};

const polka: Service = {
  title: 'Polka',
  dependencies: ['polka'],
  uses: { polka: 'polka' },
  body: `
    const orders = polka();
    orders.get('/:order', (request, response) => response.end('order'));
    const app = polka();
    app.use((request, response, next) => next());
    app.get('/users/:id', (request, response) => response.end('user'));
    app.get('/fails/:id', (request, response, next) => next(new TypeError('thrown')));
    app.use('/orders', orders);
    app.listen(0, '127.0.0.1');
    const { server } = app;`,
  rows: [
    ['/users/1', 'GET /users/:id', '/users/:id'],
    ['/fails/1', 'GET /fails/:id', '/fails/:id', 'TypeError', 'thrown'],
    ['/orders/7', 'GET /orders/:order', '/orders/:order'],
    ['/unknown', 'GET'],
  ],
};

const trpcRouter = `
    const t = initTRPC.create();
    const users = t.router({
      byId: t.procedure.query(() => 'user'),
      fails: t.procedure.query(() => { throw new TypeError('thrown'); }),
      misses: t.procedure.query(() => { throw new TRPCError({ code: 'NOT_FOUND' }); }),
    });
    const router = t.router({ users });`;

const trpcRows = (base: string): readonly Row[] => [
  [`${base}/users.byId`, `GET ${base}/users.byId`, `${base}/users.byId`],
  [`${base}/users.fails`, `GET ${base}/users.fails`, `${base}/users.fails`, 'TypeError', 'thrown'],
  [`${base}/users.misses`, `GET ${base}/users.misses`, `${base}/users.misses`],
  [
    `${base}/users.byId,users.byId?batch=1`,
    base === '' ? 'GET' : `GET ${base}`,
    base === '' ? undefined : base,
  ],
];

const trpc: Service = {
  title: 'tRPC',
  dependencies: ['@trpc/server'],
  uses: {
    '@trpc/server': '{ initTRPC, TRPCError }',
    '@trpc/server/adapters/standalone': '{ createHTTPServer }',
  },
  body: `${trpcRouter}
    const created = createHTTPServer({ router });
    const server = created.server ?? created;
    server.listen(0, '127.0.0.1');`,
  rows: [...trpcRows(''), ['/unknown', 'GET']],
};

const trpcOnExpress: Service = {
  title: 'tRPC on Express',
  dependencies: ['@trpc/server', 'express'],
  generations: ['newest'],
  uses: {
    express: 'express',
    '@trpc/server': '{ initTRPC, TRPCError }',
    '@trpc/server/adapters/express': '{ createExpressMiddleware }',
  },
  body: `${trpcRouter}
    const app = express();
    app.use('/trpc', createExpressMiddleware({ router }));
    const server = app.listen(0, '127.0.0.1');`,
  rows: trpcRows('/trpc'),
};

const apollo: Service = {
  title: 'Apollo Server on Express',
  dependencies: ['@apollo/server', '@as-integrations/express5', 'express', 'graphql'],
  generations: ['graphql-16'],
  uses: {
    express: 'express',
    '@apollo/server': '{ ApolloServer }',
    '@as-integrations/express5': '{ expressMiddleware }',
  },
  body: `
    const resolvers = { Query: { user: () => 'user' } };
    const apollo = new ApolloServer({ typeDefs: 'type Query { user: String }', resolvers, csrfPrevention: false });
    await apollo.start();
    const context = async ({ req }) => {
      if (req.query.fails !== undefined) throw new TypeError('thrown');
      return {};
    };
    const app = express();
    app.use('/graphql', express.json(), expressMiddleware(apollo, { context }));
    const server = app.listen(0, '127.0.0.1');`,
  rows: [
    ['/graphql?query=%7Buser%7D', 'GET /graphql', '/graphql'],
    ['/graphql?query=%7Buser%7D&fails=1', 'GET /graphql', '/graphql', 'TypeError', 'thrown'],
  ],
};

const h3: Service = {
  title: 'h3 and srvx',
  dependencies: ['h3'],
  generations: ['newest'],
  kinds: ['mjs'],
  uses: { h3: '{ H3, serve }', 'h3/tracing': '{ tracingPlugin }' },
  body: `
    const app = new H3({ silent: true });
    app.register(tracingPlugin());
    app.use((event, next) => next());
    app.get('/users/:id', () => 'user');
    app.get('/fails/:id', () => { throw new TypeError('thrown'); });
    const served = serve(app, { port: 0, hostname: '127.0.0.1', silent: true });
    await served.ready();
    const { server } = served.node;`,
  rows: [
    ['/users/1', 'GET /users/:id', '/users/:id'],
    ['/fails/1', 'GET /fails/:id', '/fails/:id', 'TypeError', 'thrown'],
    ['/unknown', 'GET'],
  ],
};

const adonis: Service = {
  title: 'AdonisJS',
  dependencies: ['@adonisjs/http-server'],
  kinds: ['mjs'],
  uses: {
    '@adonisjs/application/factories': '{ AppFactory }',
    '@adonisjs/http-server/factories': '{ ServerFactory }',
    'node:http': '{ createServer }',
  },
  body: `
    const application = new AppFactory().create(new URL('./app/', import.meta.url));
    await application.init();
    const app = new ServerFactory().merge({ app: application }).create();
    const router = app.getRouter();
    app.use([async () => ({ default: class { async handle(context, next) {
      if (context.request.input('denied')) throw new RangeError('denied');
      return next();
    } } })]);
    router.get('/users/:id', () => 'user');
    router.get('/fails/:id', () => { throw new TypeError('thrown'); });
    router.get('/client-error', () => { throw Object.assign(new Error('no'), { status: 418 }); });
    await app.boot();
    const server = createServer(app.handle.bind(app)).listen(0, '127.0.0.1');`,
  rows: [
    ['/users/1', 'GET /users/:id', '/users/:id'],
    ['/fails/1', 'GET /fails/:id', '/fails/:id', 'TypeError', 'thrown'],
    ['/client-error', 'GET /client-error', '/client-error'],
    // Middleware runs before the router matches.
    ['/users/1?denied=1', 'GET', undefined, 'RangeError', 'denied'],
    ['/unknown', 'GET'],
  ],
};

const koa: Service = {
  title: 'Koa',
  dependencies: ['koa', '@koa/router'],
  uses: { koa: 'Koa', '@koa/router': 'Router' },
  body: `
    const app = new Koa();
    app.silent = true;
    const router = new Router({ prefix: '/api' });
    const orders = new Router();
    orders.get('/:order', (context) => { context.body = 'order'; });
    router.get('/users/:id', (context) => { context.body = 'user'; });
    router.get('/fails/:id', () => { throw new TypeError('thrown'); });
    router.get('/client-error', (context) => context.throw(404));
    router.use('/orders/of/:user', orders.routes());
    app.use(router.routes()).use(router.allowedMethods());
    const server = app.listen(0, '127.0.0.1');`,
  rows: [
    ['/api/users/1', 'GET /api/users/:id', '/api/users/:id'],
    ['/api/fails/1', 'GET /api/fails/:id', '/api/fails/:id', 'TypeError', 'thrown'],
    ['/api/client-error', 'GET /api/client-error', '/api/client-error'],
    ['/api/orders/of/a/7', 'GET /api/orders/of/:user/:order', '/api/orders/of/:user/:order'],
    ['/unknown', 'GET'],
  ],
};

const hono: Service = {
  title: 'Hono',
  dependencies: ['hono', '@hono/node-server'],
  uses: { hono: '{ Hono }', '@hono/node-server': '{ serve }' },
  body: `
    const app = new Hono();
    const orders = new Hono().get('/:order', (context) => context.text('order'));
    const own = new Hono().get('/fails', () => { throw new RangeError('own'); });
    own.onError((error, context) => context.text('own', 500));
    app.use('*', async (context, next) => next());
    app.get('/users/:id', (context) => context.text('user'));
    app.get('/fails/:id', () => { throw new TypeError('thrown'); });
    app.all('/any/:id', (context) => context.text('any'));
    app.route('/orders', orders);
    app.route('/own', own);
    app.onError((error, context) => context.text('error', 500));
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });`,
  rows: [
    ['/users/1', 'GET /users/:id', '/users/:id'],
    ['/fails/1', 'GET /fails/:id', '/fails/:id', 'TypeError', 'thrown'],
    ['/any/1', 'GET /any/:id', '/any/:id'],
    ['/orders/7', 'GET /orders/:order', '/orders/:order'],
    ['/own/fails', 'GET /own/fails', '/own/fails', 'RangeError', 'own'],
    ['/unknown', 'GET'],
  ],
};

/** The middleware of `@hono/otel` is part of the application. */
const honoWithOtel: Service = {
  ...hono,
  title: 'Hono with @hono/otel',
  dependencies: [...hono.dependencies, '@hono/otel'],
  uses: { ...hono.uses, '@hono/otel': '{ httpInstrumentationMiddleware }' },
  body: hono.body.replace("app.use('*', ", "app.use('*', httpInstrumentationMiddleware(), "),
};

/** The SDK of Sentry has a pipeline of its own, which traces too. */
const sentry: Service = {
  title: 'Express beside Sentry',
  dependencies: ['express', '@sentry/node'],
  generations: ['sentry'],
  uses: { '@sentry/node': '{ init, close, expressErrorHandler }', express: 'express' },
  body: `
    init({ dsn: 'http://key@127.0.0.1:9/1', tracesSampleRate: 1 });
    const app = express();
    app.set('env', 'test');
    app.get('/users/:id', (request, response) => response.send('user'));
    app.get('/fails/:id', () => { throw new TypeError('thrown'); });
    app.use(expressErrorHandler());
    const server = app.listen(0, '127.0.0.1');
    server.on('close', () => close(0));`,
  rows: [
    ['/users/1', 'GET /users/:id', '/users/:id'],
    ['/fails/1', 'GET /fails/:id', '/fails/:id', 'TypeError', 'thrown'],
    ['/unknown', 'GET'],
  ],
};

/** Hono calls the only handler of a request in another way. */
const honoHandler: Service = {
  title: 'Hono without middleware',
  dependencies: ['hono', '@hono/node-server'],
  uses: { hono: '{ Hono }', '@hono/node-server': '{ serve }' },
  body: `
    console.error = () => {};
    const app = new Hono();
    app.get('/users/:id', (context) => context.text('user'));
    app.get('/fails/:id', () => { throw new TypeError('thrown'); });
    app.get('/rejects/:id', async () => { throw new RangeError('rejected'); });
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });`,
  rows: [
    ['/users/1', 'GET /users/:id', '/users/:id'],
    ['/fails/1', 'GET /fails/:id', '/fails/:id', 'TypeError', 'thrown'],
    ['/rejects/1', 'GET /rejects/:id', '/rejects/:id', 'RangeError', 'rejected'],
    ['/unknown', 'GET'],
  ],
};

const fastify: Service = {
  title: 'Fastify',
  dependencies: ['fastify'],
  uses: { fastify: 'fastify' },
  body: `
    const app = fastify();
    app.get('/users/:id', async () => 'user');
    app.get('/fails/:id', async () => { throw new TypeError('thrown'); });
    app.get('/sends/:id', (request, reply) => { reply.send(new RangeError('sent')); });
    app.get('/client-error', async () => { throw Object.assign(new Error('no'), { statusCode: 418 }); });
    app.register(async (part) => {
      part.addHook('onRequest', async (request) => {
        if (request.url.endsWith('/denied')) throw Object.assign(new Error('no'), { statusCode: 401 });
      });
      part.setErrorHandler((error, request, reply) => {
        reply.code(error.statusCode ?? 500).send({ custom: true });
      });
      part.get('/:id', () => { throw new SyntaxError('handled'); });
    }, { prefix: '/part' });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { server } = app;`,
  rows: [
    ['/users/1', 'GET /users/:id', '/users/:id'],
    ['/fails/1', 'GET /fails/:id', '/fails/:id', 'TypeError', 'thrown'],
    ['/sends/1', 'GET /sends/:id', '/sends/:id', 'RangeError', 'sent'],
    ['/client-error', 'GET /client-error', '/client-error'],
    ['/part/1', 'GET /part/:id', '/part/:id', 'SyntaxError', 'handled'],
    ['/part/denied', 'GET /part/:id', '/part/:id'],
    ['/unknown', 'GET'],
  ],
};

const nest = (platform: 'express' | 'fastify', adapter: string): Service => ({
  title: `NestJS on ${platform}`,
  dependencies: ['@nestjs/core', '@nestjs/common', `@nestjs/platform-${platform}`],
  uses: {
    'reflect-metadata': 'reflected',
    '@nestjs/core': '{ NestFactory }',
    '@nestjs/common': '{ Controller, Get, Module, NotFoundException }',
    ...(platform === 'fastify' ? { '@nestjs/platform-fastify': '{ FastifyAdapter }' } : {}),
  },
  body: `
    class Users {
      find() { return 'user'; }
      fail() { throw new TypeError('thrown'); }
      miss() { throw new NotFoundException(); }
    }
    const route = (path, name) => {
      Get(path)(Users.prototype, name, Object.getOwnPropertyDescriptor(Users.prototype, name));
    };
    route('/:id', 'find');
    route('/:id/fails', 'fail');
    route('/:id/misses', 'miss');
    Controller('users')(Users);
    class Root {}
    Module({ controllers: [Users] })(Root);
    const app = await NestFactory.create(Root, ${adapter}{ logger: false });
    await app.listen(0, '127.0.0.1');
    const server = app.getHttpServer();`,
  rows: [
    ['/users/1', 'GET /users/:id', '/users/:id'],
    ['/users/1/fails', 'GET /users/:id/fails', '/users/:id/fails', 'TypeError', 'thrown'],
    ['/users/1/misses', 'GET /users/:id/misses', '/users/:id/misses'],
    ['/unknown', 'GET'],
  ],
});

const plain: Service = {
  title: 'a plain server that sets its route',
  dependencies: [],
  generations: ['newest'],
  uses: { 'node:http': '{ createServer }', '@opentelemetry/api': '{ trace }' },
  body: `
    const server = createServer((request, response) => {
      trace.getActiveSpan().setAttribute('http.route', '/own/:id');
      response.end();
    }).listen(0, '127.0.0.1');`,
  rows: [['/own/1', 'GET /own/:id', '/own/:id']],
};

const services = [
  express,
  router,
  connect,
  koa,
  hono,
  honoHandler,
  fastify,
  nest('express', ''),
  nest('fastify', 'new FastifyAdapter(), '),
  plain,
];

/** Their hooks are of the kinds that the others use, so that one version of Node.js is enough. */
const onOneNode = [hapi, restify, polka, trpc, trpcOnExpress, apollo, h3, adonis];

/** Starts the service, sends the requests one by one, and stops it. */
const withRequests = ({ body, rows }: Service): string => `${body}
    if (!server.listening) await once(server, 'listening');
    const { port } = server.address();
    for (const path of ${JSON.stringify(rows.map(([path]) => path))}) {
      const [response] = await once(get({ host: '127.0.0.1', port, path, agent: false }), 'response');
      response.resume();
      await once(response, 'end');
    }
    server.close();`;

const withClient = (uses: Service['uses']): Service['uses'] => {
  const http = uses['node:http'];
  return {
    ...uses,
    'node:http': http === undefined ? '{ get }' : '{ createServer, get }',
    'node:events': '{ once }',
  };
};

function toRow(span: Received): unknown[] {
  const { attributes, name } = span;
  const [exception, ...others] = exceptionMessages(span);
  assert.deepEqual(others, []);
  return [attributes['url.path'], name, attributes['http.route'], attributes['error.type'], exception];
}

/** Runs a service, and compares the spans and the measured routes of its requests. */
async function check(
  t: TestContext,
  service: Service,
  program: Pick<LibraryProgram, 'generation' | 'isBundled' | 'kind' | 'node'>,
  upstream: readonly string[] = [],
): Promise<OtlpSink | undefined> {
  const { dependencies, rows, uses } = service;
  const seen = await runLibraryProgram(t, {
    ...program,
    dependencies: [...dependencies, ...upstream],
    uses: withClient(uses),
    body: withRequests(service),
  });
  if (seen === undefined) return undefined;
  const { output, sink } = seen;
  assert.deepEqual(
    serverSpans(sink).map(toRow),
    rows.map(([path, ...row]) => [
      path.split('?', 1)[0],
      ...Array.from({ length: 4 }, (_, index) => row[index]),
    ]),
    output,
  );
  const measured = histogramPoints(sink, 'http.server.request.duration').map(
    ({ attributes }) => attributes['http.route'],
  );
  assert.deepEqual(new Set(measured), new Set(rows.map(([, , route]) => route)), output);
  return sink;
}

suite('frameworks', { timeout: 20 * timeout }, () => {
  for (const service of [...services, ...onOneNode]) {
    for (const generation of service.generations ?? (['newest', 'oldest'] as const)) {
      for (const kind of service.kinds ?? kinds) {
        // Hooks of modules differ between versions of Node.js, libraries do not.
        const isOnEach = generation === 'newest' && services.includes(service);
        const versions = isOnEach ? versionsUnderTest : [process.versions.node];
        for (const version of versions) {
          const title = `${service.title}, ${generation}, as ${kind} on Node ${version}: routes and exceptions`;
          test(title, { timeout }, async (t) => {
            await check(t, service, { generation, kind, node: version });
          });
        }
      }
    }
  }

  const upstreamOf = (...names: readonly string[]): string[] =>
    names.map((name) => `@opentelemetry/instrumentation-${name}`);
  interface Beside {
    readonly service: Service;
    readonly upstream: readonly string[];
    /** How many spans upstream creates in the first request. */
    readonly inner: number;
    /** The routes by path that upstream sets and Sonde does not: of a router without a route for the request. */
    readonly routes?: Readonly<Record<string, string>>;
    readonly kinds?: readonly Kind[];
  }
  const besideUpstream: readonly Beside[] = [
    {
      service: express,
      upstream: upstreamOf('express', 'router'),
      // The application's middleware and the handler of the route; upstream has another two for the same layers.
      inner: 2,
      routes: { '/tenants/a/unknown': '/tenants/:tenant' },
    },
    { service: router, upstream: upstreamOf('router'), inner: 2 },
    {
      service: connect,
      upstream: upstreamOf('connect'),
      inner: 3,
      routes: { '/teams/unknown': '/teams', '/fails': '/fails' },
      // Upstream's instrumentation of the ES module makes the application throw.
      kinds: ['cjs'],
    },
    { service: koa, upstream: upstreamOf('koa'), inner: 1 },
    { service: hapi, upstream: upstreamOf('hapi'), inner: 2 },
    { service: restify, upstream: upstreamOf('restify'), inner: 2 },
    { service: nest('express', ''), upstream: upstreamOf('nestjs-core', 'express'), inner: 4 },
    { service: fastify, upstream: ['@fastify/otel'], inner: 3 },
    { service: fastify, upstream: upstreamOf('fastify'), inner: 1 },
    { service: honoWithOtel, upstream: [], inner: 0 },
    { service: sentry, upstream: [], inner: 0 },
  ];
  for (const { inner, routes = {}, service, upstream, ...beside } of besideUpstream) {
    const rows = service.rows.map((row): Row => {
      const [path, , , ...failure] = row;
      const route = routes[path];
      return route === undefined ? row : [path, `GET ${route}`, route, ...failure];
    });
    for (const kind of beside.kinds ?? kinds) {
      const names = upstream.length === 0 ? '' : ` beside ${upstream.join(' and ')}`;
      test(`${service.title}${names}, as ${kind}: one server span`, { timeout }, async (t) => {
        const generation = service.generations?.[0] ?? 'newest';
        const sink = await check(t, { ...service, rows }, { generation, kind }, upstream);
        if (sink === undefined) return;
        const [request] = serverSpans(sink);
        const spans = sink.spans.filter(
          ({ raw, traceId }) => traceId === request?.traceId && raw['kind'] === 1,
        );
        const listed = spans.map(({ name, scope }) => `${scope} ${name}`).join('\n');
        assert.equal(spans.length, inner, listed);
        // Source text is private.
        const texts = sink.spans.flatMap(({ attributes, name }) =>
          [name, attributes['hook.name'], attributes['plugin.name']].map(String),
        );
        assert.deepEqual(
          texts.filter((text) => /=>|function|async/.test(text)),
          [],
        );
      });
    }
  }

  // Without the plug-in, no module of a bundle can be changed: only what they publish themselves is seen.
  for (const service of [express, router, fastify, h3, plain]) {
    test(`${service.title} in a bundle: routes and exceptions`, { timeout }, async (t) => {
      await check(t, service, { generation: 'newest', kind: service.kinds?.[0] ?? 'cjs', isBundled: true });
    });
  }

  const marked = [
    express,
    router,
    connect,
    koa,
    hono,
    polka,
    trpc,
    apollo,
    nest('express', ''),
    restify,
    hapi,
  ];
  for (const service of marked) {
    test(`${service.title} in a bundle with the plug-in: routes and exceptions`, { timeout }, async (t) => {
      const kind = service.kinds?.[0] ?? 'cjs';
      const generation = service.generations?.[0] ?? 'newest';
      await check(t, service, { generation, kind, isBundled: 'with the plug-in' });
    });
  }
});
