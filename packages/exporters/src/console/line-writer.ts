import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';

const chunkBytes = 65_536;
const maxPendingBytes = 16_777_216;
const retryMs = 5;
const exitDeadlineMs = 2000;

/**
 * Writes lines to a file descriptor in order. On a terminal each line goes out at once; elsewhere the lines of one turn of the event loop
 * go out together. What is left when the process exits is written then. A reader that is gone ends the writing; one that is slow is waited
 * for, and past 16 MiB of waiting lines the newest are dropped and counted.
 */
export class LineWriter {
  readonly #fd: number;
  readonly #isTerminal: boolean;
  readonly #onExit = (): void => this.#writeAtExit();
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #text = '';
  #callbacks: (() => void)[] = [];
  #turn: NodeJS.Immediate | undefined;
  #retry: NodeJS.Timeout | undefined;
  #exiting = false;
  #broken = false;
  #dropped = 0;
  #closed = false;

  constructor(fd: number) {
    this.#fd = fd;
    this.#isTerminal = isatty(fd);
    process.on('exit', this.#onExit);
  }

  /** Lines that were dropped because nobody read, or because the reader is gone. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes text that ends with a line feed; `done` is called once the text is written, or dropped. */
  write(text: string, done?: () => void): void {
    if (this.#broken || this.#closed || this.#pendingBytes > maxPendingBytes) {
      this.#dropped++;
      done?.();
      return;
    }
    this.#text += text;
    if (done !== undefined) this.#callbacks.push(done);
    if (this.#isTerminal || this.#exiting || this.#text.length >= chunkBytes) this.flush();
    else this.#turn ??= setImmediate(() => this.flush());
  }

  /** Writes what can be written now; the rest follows by itself. */
  flush(): void {
    if (this.#text !== '') {
      const buffer = Buffer.from(this.#text);
      this.#text = '';
      this.#pending.push(buffer);
      this.#pendingBytes += buffer.length;
    }
    clearImmediate(this.#turn);
    clearTimeout(this.#retry);
    this.#turn = undefined;
    if (this.#drain()) this.#finish();
    else this.#retry = setTimeout(() => this.flush(), retryMs).unref();
  }

  /** Resolves once all that was taken is written or dropped. */
  settled(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#text === '' && this.#pending.length === 0) resolve();
    else this.#callbacks.push(resolve);
    return promise;
  }

  /** Writes what is left, then takes nothing more. */
  async close(): Promise<void> {
    this.flush();
    await this.settled();
    this.#closed = true;
    process.off('exit', this.#onExit);
  }

  /** Whether everything is out; false when the descriptor takes nothing at the moment. */
  #drain(): boolean {
    while (this.#pending[0] !== undefined) {
      const buffer = this.#pending[0];
      try {
        const written = writeSync(this.#fd, buffer);
        this.#pendingBytes -= written;
        if (written === buffer.length) this.#pending.shift();
        else this.#pending[0] = buffer.subarray(written);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return false;
        this.#broken = true;
        this.#dropped += this.#pending.length;
        this.#pending = [];
        this.#pendingBytes = 0;
      }
    }
    return true;
  }

  #finish(): void {
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    for (const callback of callbacks) callback();
  }

  #writeAtExit(): void {
    this.#exiting = true;
    const deadline = performance.now() + exitDeadlineMs;
    this.flush();
    const cell = new Int32Array(new SharedArrayBuffer(4));
    while (this.#pending.length > 0 && performance.now() < deadline) {
      Atomics.wait(cell, 0, 0, retryMs);
      this.flush();
    }
  }
}
