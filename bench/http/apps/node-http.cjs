const { createServer } = require('node:http');
const { log, serving } = require('./serving.cjs');

const observed = globalThis.telemetry?.observed ?? (() => {});
const prefix = '/users/';

serving(
  createServer((request, response) => {
    observed(request, response, '/users/:id');
    const id = request.url.slice(prefix.length);
    log(id);
    const body = JSON.stringify({ id });
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  }).listen(0, '127.0.0.1'),
);
