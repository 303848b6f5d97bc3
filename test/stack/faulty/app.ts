import { setTimeout as delay } from 'node:timers/promises';
import { createRouter } from '@sonde/router';

const slowMs = 700;
const blockedMs = 600;
// Enough for a scrape to be answered between two blocks.
const freeMs = 200;

/** A service that does wrong what it is asked to. */
const server = await createRouter()
  .get('/', () => ({ message: 'Hello, World!' }))
  .get('/fail', () => {
    throw new Error('Something is broken');
  })
  .get('/slow', async () => {
    await delay(slowMs);
    return { message: 'Sorry for the wait' };
  })
  .get('/block', async () => {
    const end = performance.now() + blockedMs;
    while (performance.now() < end);
    await delay(freeMs);
    return { message: 'Nothing else happened meanwhile' };
  })
  .listen({ port: Number(process.env['PORT']) });

process.stdout.write(`Listening on ${server.url}\n`);
