import type { Kind } from '../../packaging/loading.ts';
import { source } from './source.ts';

/** Dependencies of the shop: packages and their instrumentations. */
export const shopDependencies: readonly string[] = [
  '@fastify/otel',
  '@hono/node-server',
  '@opentelemetry/instrumentation-express',
  '@opentelemetry/instrumentation-ioredis',
  '@opentelemetry/instrumentation-koa',
  '@opentelemetry/instrumentation-pg',
  '@opentelemetry/instrumentation-pino',
  '@opentelemetry/instrumentation-winston',
  'express',
  'fastify',
  'hono',
  'ioredis',
  'koa',
  'pg',
  'pino',
  'winston',
];

/**
 * Unmodified service with several frameworks, a database client, a cache client and two loggers. It sends one request to
 * each of its servers and exits.
 */
export const shop = (kind: Kind): string =>
  source(
    kind,
    {
      'node:events': '{ once }',
      'node:http': 'http',
      'node:https': 'https',
      express: 'express',
      fastify: 'fastify',
      hono: '{ Hono }',
      '@hono/node-server': '{ serve }',
      ioredis: 'Redis',
      koa: 'Koa',
      pg: 'pg',
      pino: 'pino',
      winston: 'winston',
    },
    `
    const { TLS_KEY: key, TLS_CERT: cert, REDIS_URL, POSTGRES_URL } = process.env;
    const pinoLog = pino({ level: 'info' });
    const winstonLog = winston.createLogger({ transports: [new winston.transports.Console()] });
    const database = new pg.Client({ connectionString: POSTGRES_URL });
    await database.connect();
    const cache = new Redis(REDIS_URL);

    const ask = async (client, url, options = {}) => {
      const [response] = await once(client.get(url, options), 'response');
      let text = '';
      for await (const chunk of response) text += chunk;
      console.log(url.pathname, response.statusCode, text);
    };
    const readPort = async (server) => {
      if (!server.listening) await once(server, 'listening');
      return server.address().port;
    };

    const plain = http.createServer((request, response) => response.end('plain')).listen(0, '127.0.0.1');
    await ask(http, new URL('http://127.0.0.1:' + (await readPort(plain)) + '/plain'));

    const secure = https.createServer({ key, cert }, (request, response) => response.end('secure'));
    secure.listen(0, '127.0.0.1');
    await ask(https, new URL('https://127.0.0.1:' + (await readPort(secure)) + '/secure'), {
      ca: cert, servername: 'localhost',
    });

    const app = express();
    app.get('/express/:id', async (request, response) => {
      const { rows } = await database.query('SELECT $1::text AS id', [request.params.id]);
      await cache.set('seen', rows[0].id);
      pinoLog.info('pino has seen it');
      winstonLog.info('winston has seen it');
      response.json({ id: await cache.get('seen') });
    });
    const expressServer = app.listen(0, '127.0.0.1');

    const fast = fastify();
    fast.get('/fastify/:id', async (request) => ({ id: request.params.id }));
    await fast.listen({ port: 0, host: '127.0.0.1' });

    const hono = new Hono().get('/hono/:id', (context) => context.json({ id: context.req.param('id') }));
    const honoServer = serve({ fetch: hono.fetch, port: 0, hostname: '127.0.0.1' });

    const koa = new Koa();
    koa.use(async function answer(context) { context.body = { id: '4' }; });
    const koaServer = koa.listen(0, '127.0.0.1');

    const urls = [
      'http://127.0.0.1:' + (await readPort(expressServer)) + '/express/1',
      'http://127.0.0.1:' + fast.server.address().port + '/fastify/2',
      'http://127.0.0.1:' + (await readPort(honoServer)) + '/hono/3',
      'http://127.0.0.1:' + (await readPort(koaServer)) + '/koa/4',
    ];
    for (const url of urls) console.log(new URL(url).pathname, await (await fetch(url)).text());

    await Promise.all([database.end(), cache.quit(), fast.close()]);
    for (const server of [plain, secure, expressServer, honoServer, koaServer]) server.close();
    `,
  );
