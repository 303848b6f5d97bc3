const { setTimeout: delay } = require('node:timers/promises');
const { counter, getLogger } = require('@sonde/otel');
const { createRouter } = require('@sonde/router');

const log = getLogger('hello');
const requests = counter('http.requests', { description: 'Total HTTP requests' });

createRouter()
  .get('/', () => {
    requests.add(1);
    log.info('This is an info message');
    return { message: 'Hello, World!' };
  })
  .get('/users/:id', ({ params }) => {
    requests.add(1);
    log.info('Looking up a user', { 'user.id': params.id });
    return { id: params.id };
  })
  .get('/slow', async () => {
    requests.add(1);
    log.warning('This takes a while');
    await delay(250 + Math.random() * 500);
    return { message: 'Sorry for the wait' };
  })
  .get('/fail', () => {
    requests.add(1);
    log.error('This is going to fail');
    throw new Error('Something is broken');
  })
  .listen({ port: Number(process.env.PORT ?? 8000), host: process.env.HOST ?? '127.0.0.1' })
  .then((server) => log.info(`Listening on ${server.url}`));
