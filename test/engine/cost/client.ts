import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const request = 'GET /users/42 HTTP/1.1\r\nhost: localhost\r\nuser-agent: test\r\n\r\n';
const answer = 'HTTP/1.1 200';

/** Requests over one connection, one after the other, until `next` says that it was the last. */
async function client(port: number, next: () => boolean): Promise<void> {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  // Each answer is one small chunk; what might follow it does not begin like one.
  socket.setEncoding('latin1').on('data', (text: string) => {
    if (!text.startsWith('HTTP/1.1 ')) return;
    if (!text.startsWith(answer)) socket.destroy(new Error(text));
    else if (next()) socket.write(request);
    else socket.end();
  });
  if (next()) socket.write(request);
  else socket.end();
  await once(socket, 'close');
}

/** Sends so many requests, as fast as they are answered. It takes little time itself. @throws when one fails */
export async function sendRequests(port: number, count: number): Promise<void> {
  let left = count;
  const next = (): boolean => left-- > 0;
  await Promise.all(Array.from({ length: 32 }, () => client(port, next)));
}
