import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text as formatText } from 'node:stream/consumers';

/** Server with a large limit for request heads, so that Node.js does not reject the input. */
export async function served(listener: RequestListener, run: (port: number) => Promise<void>): Promise<void> {
  const server = createServer({ maxHeaderSize: 4_194_304 }, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await run((server.address() as AddressInfo).port);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Sends a request, with a body if one is given, and resolves to the whole response. */
export async function asked(
  port: number,
  target: string,
  fields: readonly string[] = [],
  body = '',
): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const method = body === '' ? 'GET' : 'POST';
  const head = [`${method} ${target} HTTP/1.1`, 'connection: close', ...fields];
  if (body !== '') head.push(`content-length: ${Buffer.byteLength(body)}`);
  if (!fields.some((field) => field.startsWith('host:'))) head.push('host: localhost');
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.on('error', () => {});
  return formatText(socket).catch(() => '');
}
