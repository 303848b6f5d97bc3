import type { Socket } from 'node:net';

const lingerMs = 1000;

/**
 * Makes Node.js close a connection in two steps: after the response it sends its end, and discards for a short time what
 * the client still sends. Closed at once, the connection is reset, and the client loses the response.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-9.6
 */
export function lingerOnClose(socket: Socket): void {
  socket.destroySoon = () => {
    const close = (): unknown => socket.destroy();
    const timeout = setTimeout(close, lingerMs);
    // Nothing that follows is parsed as a request.
    socket
      .removeAllListeners('data')
      .on('data', () => {})
      .on('end', close)
      .on('close', () => clearTimeout(timeout))
      .resume()
      .end();
  };
}
