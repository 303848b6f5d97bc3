import { createServer } from 'node:http';
import { getLogger } from '@sonde/otel';

const log = getLogger('app');
const server = createServer((request, response) => {
  log.info('answers', { path: request.url });
  response.end('done');
}).listen(0, '127.0.0.1', () => console.log(`listens on http://127.0.0.1:${server.address().port}`));
