import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Program } from '../../support/program.ts';

/** A connection to a server of the comparison, on which a test says what it likes. */
export class Wire implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #program: Program;
  #received = '';

  private constructor(socket: Socket, program: Program) {
    this.#socket = socket;
    this.#program = program;
    socket.setEncoding('latin1').on('data', (text: string) => (this.#received += text));
    socket.on('error', () => {});
  }

  /** @param server the name under which the program prints its port */
  static async open(program: Program, server: string): Promise<Wire> {
    const port = Number(new RegExp(`^${server} (\\d+);`, 'm').exec(program.stdout)?.[1]);
    const to = { port, host: '127.0.0.1' };
    const isTls = server === 'https';
    const socket = isTls ? connectTls({ ...to, rejectUnauthorized: false }) : connect(to);
    await once(socket, isTls ? 'secureConnect' : 'connect');
    return new Wire(socket, program);
  }

  say(text: string): this {
    this.#socket.write(text, 'latin1');
    return this;
  }

  /** Waits until the program has printed a text `times` times more often than when the wire was opened. */
  async reached(text: string): Promise<this> {
    await this.#program.printed(text);
    return this;
  }

  /** Waits for the first bytes of an answer. */
  async answered(): Promise<this> {
    while (this.#received === '') await once(this.#socket, 'data');
    return this;
  }

  /** Everything that was received until the server closed. */
  async rest(): Promise<string> {
    if (!this.#socket.readableEnded && !this.#socket.destroyed) await once(this.#socket, 'close');
    return this.#received;
  }

  /** Goes away without a word, as a client does that is killed. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Goes away in order. */
  leave(): void {
    this.#socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    if (!this.#socket.closed) await once(this.#socket, 'close');
  }
}
