// Serves one route, and reports its processor time to the parent process.
const [, , telemetry, library] = process.argv;
process.on('disconnect', () => process.exit());
const { seen, startTelemetry } = require('./telemetry.cjs');
startTelemetry(telemetry, library);

const frameworks = {
  async express() {
    const app = require('express')();
    app.use((request, response, next) => next());
    app.get('/users/:id', (request, response) => response.json({ id: request.params.id }));
    return app.listen(0, '127.0.0.1');
  },
  async fastify() {
    const app = require('fastify')();
    app.get('/users/:id', async (request) => ({ id: request.params.id }));
    await app.listen({ port: 0, host: '127.0.0.1' });
    return app.server;
  },
  async koa() {
    const app = new (require('koa'))();
    const router = new (require('@koa/router').Router)();
    router.get('/users/:id', (context) => {
      context.body = { id: context.params.id };
    });
    return app.use(router.routes()).listen(0, '127.0.0.1');
  },
};

void frameworks[library]().then((server) => {
  const ready = () => process.send({ port: server.address().port });
  if (server.listening) ready();
  else server.once('listening', ready);
  process.on('message', () => {
    const { system, user } = process.cpuUsage();
    process.send({ cpu: system + user, spans: seen.spans });
  });
});
