// An OTLP receiver that reads what it is sent and keeps nothing.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const server = createServer((request, response) => {
  request.on('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end());
  request.resume();
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
