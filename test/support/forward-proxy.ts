import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** A forward proxy on the loopback interface: requests with an absolute URL, and tunnels. It counts what passes. */
export class ForwardProxy implements AsyncDisposable {
  /** The URLs of forwarded requests, with their method: `POST http://127.0.0.1:4318/v1/traces`. */
  readonly forwarded: string[] = [];
  /** The targets of tunnels: `localhost:4318`. */
  readonly tunnels: string[] = [];
  /** The credentials in `Proxy-Authorization` headers. */
  readonly credentials: string[] = [];
  readonly #server = createServer((incoming, response) => this.#forward(incoming, response));
  readonly #sockets = new Set<Socket>();
  readonly #targetPort: number | undefined;
  readonly #answersTunnels: boolean;

  private constructor(options: { readonly targetPort?: number; readonly answersTunnels?: boolean }) {
    this.#targetPort = options.targetPort;
    this.#answersTunnels = options.answersTunnels ?? true;
    this.#server.on('connection', (socket) => this.#track(socket));
    this.#server.on('connect', (incoming: IncomingMessage, socket: Socket) => this.#tunnel(incoming, socket));
  }

  /**
   * Listens on a free port.
   *
   * @param options.targetPort the port of the loopback interface that every name leads to. @default the port of the URL
   * @param options.answersTunnels false leaves requests for tunnels without an answer. @default true
   */
  static async start(
    options: { readonly targetPort?: number; readonly answersTunnels?: boolean } = {},
  ): Promise<ForwardProxy> {
    const proxy = new ForwardProxy(options);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #noteCredentials({ headers }: IncomingMessage): void {
    const [, encoded] = headers['proxy-authorization']?.split(' ') ?? [];
    if (encoded !== undefined) this.credentials.push(Buffer.from(encoded, 'base64').toString());
  }

  #forward(incoming: IncomingMessage, response: ServerResponse): void {
    const { method = '', url = '', headers } = incoming;
    this.forwarded.push(`${method} ${url}`);
    this.#noteCredentials(incoming);
    const { port, pathname } = new URL(url);
    const target = { host: '127.0.0.1', port: this.#targetPort ?? port, path: pathname, method, headers };
    const outgoing = request(target, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.writeHead(502).end());
    incoming.pipe(outgoing);
  }

  #tunnel(incoming: IncomingMessage, socket: Socket): void {
    const target = incoming.url ?? '';
    this.tunnels.push(target);
    this.#noteCredentials(incoming);
    if (!this.#answersTunnels) return;
    const port = this.#targetPort ?? Number(target.slice(target.lastIndexOf(':') + 1));
    const upstream = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    this.#track(upstream);
    upstream.once('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    socket.once('close', () => upstream.destroy());
  }
}
