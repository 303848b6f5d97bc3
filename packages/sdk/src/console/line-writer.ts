import { fstatSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';

import { makeNonBlocking, takeTurns } from './application-stream.ts';

const chunkChars = 65_536;
const maxPendingBytes = 16_777_216;
const shortestRetryMs = 1;
const longestRetryMs = 50;
/** A reader that has taken nothing for so long is stuck: nobody waits for it any more. */
const stuckMs = 250;
const exitDeadlineMs = 2000;
/** After an error such as EPIPE or ENOSPC nothing is tried for so long. */
const pauseMs = 1000;

const nobodyReads = 'nobody reads it';

interface Chunk {
  readonly bytes: Buffer;
  readonly lineCount: number;
}

/**
 * Writes lines to a file descriptor in order, also in relation to what the application writes to the same stream. On a terminal
 * each line goes out at once; elsewhere the lines of one turn of the event loop go out together. A pipe or socket never blocks:
 * what it does not take waits, up to 16 MiB, then the newest lines are dropped, counted and reported. What is left when the process
 * exits is written then, for as long as somebody reads.
 */
export class LineWriter {
  readonly #fd: number;
  readonly #isTerminal: boolean;
  #chunks: Chunk[] = [];
  #pendingBytes = 0;
  #text = '';
  #textLines = 0;
  #callbacks: (() => void)[] = [];
  #turn: NodeJS.Immediate | undefined;
  #retry: NodeJS.Timeout | undefined;
  #retryMs = shortestRetryMs;
  #progressMs = 0;
  #exitEndMs = 0;
  #isClosed = false;
  #pausedUntilMs = 0;
  #fault = nobodyReads;
  #dropped = 0;
  #reported = 0;
  #hasReported = false;
  #applicationWrites = 0;
  #waitingWrites: (() => void)[] = [];

  constructor(fd: number) {
    this.#fd = fd;
    this.#isTerminal = isatty(fd);
    try {
      this.#prepare();
    } catch (error) {
      this.#fail(error);
    }
    process.on('exit', () => this.#writeAtExit());
  }

  /** Lines that were dropped because nobody read, or because the descriptor failed. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Takes text that ends with a line feed.
   *
   * @param done called once the text is written, dropped, or waits for a reader that is stuck
   */
  write(text: string, lineCount = 1, done?: () => void): void {
    if (this.#refuses(text)) {
      this.#dropped += lineCount;
      done?.();
      return;
    }
    this.#text += text;
    this.#textLines += lineCount;
    if (done !== undefined) this.#callbacks.push(done);
    if (this.#exitEndMs > 0) this.#flushAndWait();
    else if (this.#isTerminal || this.#text.length >= chunkChars) this.flush();
    else this.#turn ??= setImmediate(() => this.flush());
  }

  /** Writes what can be written now; the rest follows by itself. */
  flush(): void {
    this.#takeText();
    clearImmediate(this.#turn);
    clearTimeout(this.#retry);
    this.#turn = undefined;
    const isDone = this.#drain();
    if (isDone) this.#retryMs = shortestRetryMs;
    else this.#retry = setTimeout(() => this.flush(), this.#retryMs).unref();
    if (isDone || this.#isStuck()) this.#settle();
    if (!isDone) return;
    this.#reportFirst();
    this.#continueApplication();
  }

  /** Resolves once all that was taken is written or dropped, or the reader is stuck. */
  settled(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if ((this.#text === '' && this.#chunks.length === 0) || this.#isStuck()) resolve();
    else this.#callbacks.push(resolve);
    return promise;
  }

  #prepare(): void {
    const stats = fstatSync(this.#fd);
    const isPipe = stats.isFIFO() || stats.isSocket();
    if (isPipe) makeNonBlocking(this.#fd);
    if (!isPipe && !stats.isFile()) return;
    takeTurns(this.#fd, {
      beforeWrite: (proceed) => this.#beforeApplication(proceed),
      afterWrite: () => this.#afterApplication(),
    });
  }

  #refuses(text: string): boolean {
    if (this.#isClosed) return true;
    if (this.#pausedUntilMs > 0 && performance.now() < this.#pausedUntilMs) return true;
    if (this.#pendingBytes === 0 || this.#pendingBytes + text.length <= maxPendingBytes) return false;
    this.#fault = nobodyReads;
    return true;
  }

  #takeText(): void {
    if (this.#text === '') return;
    const chunk = { bytes: Buffer.from(this.#text), lineCount: this.#textLines };
    this.#text = '';
    this.#textLines = 0;
    if (this.#chunks.length === 0) this.#progressMs = performance.now();
    this.#chunks.push(chunk);
    this.#pendingBytes += chunk.bytes.length;
  }

  /** Whether everything is out; false when the descriptor takes nothing at the moment. */
  #drain(): boolean {
    while (this.#chunks[0] !== undefined) {
      // A line of the application that is half written comes first, unless the process ends.
      if (this.#applicationWrites > 0 && this.#exitEndMs === 0) return this.#retryLater();
      const { bytes, lineCount } = this.#chunks[0];
      try {
        const written = writeSync(this.#fd, bytes);
        this.#pendingBytes -= written;
        this.#progressMs = performance.now();
        this.#retryMs = shortestRetryMs;
        this.#pausedUntilMs = 0;
        if (written === bytes.length) this.#chunks.shift();
        else this.#chunks[0] = { bytes: bytes.subarray(written), lineCount };
      } catch (error) {
        if (codeOf(error) === 'EAGAIN') return this.#retryLater();
        this.#fail(error);
      }
    }
    return true;
  }

  #retryLater(): false {
    this.#retryMs = Math.min(this.#retryMs * 2, longestRetryMs);
    return false;
  }

  #fail(error: unknown): void {
    this.#fault = codeOf(error);
    // The number may belong to another file by the next write.
    if (this.#fault === 'EBADF') this.#isClosed = true;
    this.#pausedUntilMs = performance.now() + pauseMs;
    this.#dropPending();
  }

  #dropPending(): void {
    for (const { lineCount } of this.#chunks) this.#dropped += lineCount;
    this.#chunks = [];
    this.#pendingBytes = 0;
  }

  #isStuck(): boolean {
    return this.#chunks.length > 0 && performance.now() - this.#progressMs > stuckMs;
  }

  #settle(): void {
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    for (const callback of callbacks) callback();
  }

  #beforeApplication(proceed: () => void): void {
    const run = (): void => {
      this.#applicationWrites++;
      proceed();
    };
    this.flush();
    if (this.#chunks.length === 0 || this.#exitEndMs > 0) run();
    else this.#waitingWrites.push(run);
  }

  #afterApplication(): void {
    this.#applicationWrites--;
    if (this.#chunks.length > 0) this.flush();
  }

  #continueApplication(): void {
    const writes = this.#waitingWrites;
    this.#waitingWrites = [];
    for (const write of writes) write();
  }

  /** Reports a loss in its place, the first time. */
  #reportFirst(): void {
    if (this.#hasReported || this.#dropped === 0 || this.#isClosed || this.#pausedUntilMs > 0) return;
    this.#hasReported = true;
    this.#report(`; later losses are reported at exit`);
  }

  #report(more = ''): void {
    const count = this.#dropped - this.#reported;
    this.#reported = this.#dropped;
    const name = this.#fd === 1 ? 'stdout' : 'stderr';
    const stderr = lineWriter(2);
    // The report is no line that counts.
    stderr.write(`sonde: dropped ${count} lines for ${name}: ${this.#fault}${more}\n`, 0);
    stderr.flush();
  }

  #writeAtExit(): void {
    this.#exitEndMs = performance.now() + exitDeadlineMs;
    this.#takeText();
    // Ends the line of the application that stays unfinished.
    if (this.#applicationWrites > 0 && this.#chunks.length > 0) {
      this.#chunks.unshift({ bytes: Buffer.from('\n'), lineCount: 0 });
    }
    this.#flushAndWait();
    this.#continueApplication();
    if (this.#dropped > this.#reported) this.#report();
  }

  /** Waits for a reader that still takes something; what it does not take is dropped. */
  #flushAndWait(): void {
    this.flush();
    const cell = new Int32Array(new SharedArrayBuffer(4));
    while (this.#chunks.length > 0 && !this.#isStuck() && performance.now() < this.#exitEndMs) {
      Atomics.wait(cell, 0, 0, this.#retryMs);
      this.flush();
    }
    this.#dropPending();
    this.#settle();
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

const writers = new Map<number, LineWriter>();

/** The writer of a descriptor: one for all that Sonde writes there, so that no line breaks another. */
export function lineWriter(fd: number): LineWriter {
  let writer = writers.get(fd);
  if (writer === undefined) {
    writer = new LineWriter(fd);
    writers.set(fd, writer);
  }
  return writer;
}
