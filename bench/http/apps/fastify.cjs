const { fromApp } = require('./from-peer.cjs');
const { log, serving } = require('./serving.cjs');

const app = fromApp('fastify').fastify();
app.get('/users/:id', (request, reply) => {
  log(request.params.id);
  return reply.send({ id: request.params.id });
});
app.listen({ port: 0, host: '127.0.0.1' }).then(() => serving(app.server));
