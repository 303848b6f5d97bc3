// All servers of the comparison in one program: each on a port of its own, which it prints.
import { createServer as createHttp, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import express from 'express';
import { fastify } from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import { createRouter, type Router } from '@sonde/router';
import { note, plain } from './plain.ts';

// Without a reader the message below would cause the next exception.
process.stdout.on('error', () => process.exit());
process.on('uncaughtException', ({ message }) => console.log(`uncaught ${message}`));

function expressApp(): express.Express {
  const app = express();
  app.get('/users/:id', (request, response) => {
    note('handler');
    response.json({ id: request.params.id });
  });
  app.post('/echo', express.json(), (request, response) => {
    note('parsed');
    response.json(request.body);
  });
  app.get('/throws', () => {
    throw new TypeError('no');
  });
  return app;
}

function honoApp(): Hono {
  return new Hono()
    .get('/users/:id', (c) => {
      note('handler');
      return c.json({ id: c.req.param('id') });
    })
    .post('/echo', async (c) => {
      const body: object = await c.req.json();
      note('parsed');
      return c.json(body);
    })
    .get('/throws', () => {
      throw new TypeError('no');
    });
}

function koaApp(): Koa {
  return new Koa().use(async (c) => {
    if (c.path === '/throws') throw new TypeError('no');
    if (c.path === '/echo') {
      const parts: Buffer[] = [];
      for await (const part of c.req) parts.push(part);
      note('parsed');
      c.body = JSON.parse(Buffer.concat(parts).toString());
    } else if (c.path.startsWith('/users/')) {
      note('handler');
      c.body = { id: c.path.slice('/users/'.length) };
    }
  });
}

function routerApp(): Router {
  return createRouter()
    .get('/users/:id', (c) => {
      note('handler');
      return c.params;
    })
    .post('/echo', async (c) => {
      const body = await c.json();
      note('parsed');
      return body;
    })
    .get('/throws', () => {
      throw new TypeError('no');
    });
}

const fastifyApp = fastify();
fastifyApp.get<{ Params: { id: string } }>('/users/:id', (request) => {
  note('handler');
  return { id: request.params.id };
});
fastifyApp.post('/echo', (request, reply) => {
  note('parsed');
  void reply.send(request.body);
});
fastifyApp.get('/throws', () => {
  throw new TypeError('no');
});
await fastifyApp.ready();

const hono = getRequestListener(honoApp().fetch);
const koa = koaApp()
  .on('error', () => {})
  .callback();

const { KEY: key, CERT: cert } = process.env;
const http = createHttp(plain);
http.on('checkContinue', (request, response) => {
  response.writeContinue();
  http.emit('request', request, response);
});
http.on('upgrade', (request, socket) => {
  note('upgraded');
  socket.end(
    `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ${request.headers.upgrade}\r\n\r\n`,
  );
});
const servers: Readonly<Record<string, Server>> = {
  http,
  handing: createHttp((request, response) => http.emit('request', request, response)),
  ...(key === undefined || cert === undefined ? {} : { https: createHttps({ key, cert }, plain) }),
  express: createHttp(expressApp()),
  fastify: fastifyApp.server,
  hono: createHttp((request, response) => void hono(request, response)),
  koa: createHttp((request, response) => void koa(request, response)),
  mounted: createHttp(routerApp().handler),
};

for (const [name, server] of Object.entries(servers)) {
  server.listen(0, '127.0.0.1', () => console.log(`${name} ${(server.address() as AddressInfo).port};`));
}

const router = await routerApp().listen();
console.log(`router ${router.port};`);
