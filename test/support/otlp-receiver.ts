import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A received request. */
export interface Arrived {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly socket: Socket;
}

/** Responds to a request. `count` is the number of requests that have arrived. */
type Answer = (response: ServerResponse, count: number, arrived: Arrived) => void;

async function readRequest(request: IncomingMessage): Promise<Arrived> {
  const { method = '', url = '', headers, socket } = request;
  return { method, path: url, headers, body: Buffer.concat(await request.toArray()), socket };
}

/** An OTLP receiver with responses chosen by the test. */
export class OtlpReceiver implements AsyncDisposable {
  readonly arrived: Arrived[] = [];
  readonly #server;

  constructor(answer: Answer) {
    this.#server = createServer((request, response) => {
      void readRequest(request).then((arrived) => {
        this.arrived.push(arrived);
        answer(response, this.arrived.length, arrived);
        this.#server.emit('arrived');
      });
    });
  }

  /** Listens on a free port of the loopback interface. Without `answer`, each response is 200 with an empty body. */
  static async start(answer: Answer = (response) => response.end()): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver(answer);
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Waits for the next request. */
  async next(): Promise<void> {
    await once(this.#server, 'arrived');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
