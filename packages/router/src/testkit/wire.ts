import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';

/** Sends bytes as they are and gives everything that comes back until the server closes. */
export async function exchange(port: number, request: string | Uint8Array): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(request);
  return text(socket).catch(() => '');
}

/** Sends a request line and header fields, and ends the connection after the answer. */
export function ask(port: number, line: string, ...fields: string[]): Promise<string> {
  return exchange(
    port,
    [`${line} HTTP/1.1`, 'Host: test', 'Connection: close', ...fields, '', ''].join('\r\n'),
  );
}

/** The status of a raw answer; 0 when there is none. */
export function readStatus(raw: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(raw)?.[1] ?? 0);
}

/** The body of a raw answer that is not chunked. */
export function readBody(raw: string): string {
  return raw.slice(raw.indexOf('\r\n\r\n') + 4);
}

/** A connection that stays open. */
export async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}
