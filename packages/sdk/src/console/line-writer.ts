import { fstatSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';

import { suppressed } from '../context/suppressed.ts';
import { makeNonBlocking, takeTurns } from './application-stream.ts';

const chunkChars = 65_536;
const maxPendingBytes = 16_777_216;
const shortestRetryMs = 1;
const longestRetryMs = 50;
/** A reader without progress for this time is stuck, and is no longer waited for. */
const stuckMs = 250;
const exitDeadlineMs = 2000;
/** After an error such as EPIPE or ENOSPC, writes pause for this time. */
const pauseMs = 1000;

const noReader = 'its reader is stuck';

interface Chunk {
  readonly bytes: Buffer;
  readonly lineCount: number;
}

/**
 * Writes lines to a file descriptor, in order with the application's writes to the same stream. On a terminal, each line is
 * written immediately; elsewhere the lines of one event-loop turn are written together. A pipe or socket never blocks:
 * pending output is buffered up to 16 MiB, then the newest lines are dropped, counted and reported. At exit, the remaining
 * output is written for as long as the reader makes progress.
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
  #fault = noReader;
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

  /** The number of lines that were dropped because the reader was stuck or the descriptor failed. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Writes text that ends with a line feed.
   *
   * @param done called when the text is written or dropped, or the reader is stuck
   */
  write(text: string, lineCount = 1, done?: () => void): void {
    if (this.#rejects(text)) {
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

  /** Writes as much as possible now, and schedules the rest. */
  flush(): void {
    this.#queueText();
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

  /** Resolves when all text is written or dropped, or the reader is stuck. */
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

  #rejects(text: string): boolean {
    if (this.#isClosed) return true;
    if (this.#pausedUntilMs > 0 && performance.now() < this.#pausedUntilMs) return true;
    if (this.#pendingBytes === 0 || this.#pendingBytes + text.length <= maxPendingBytes) return false;
    this.#fault = noReader;
    return true;
  }

  #queueText(): void {
    if (this.#text === '') return;
    const chunk = { bytes: Buffer.from(this.#text), lineCount: this.#textLines };
    this.#text = '';
    this.#textLines = 0;
    if (this.#chunks.length === 0) this.#progressMs = performance.now();
    this.#chunks.push(chunk);
    this.#pendingBytes += chunk.bytes.length;
  }

  /** Writes pending chunks. @returns false if the descriptor is not writable at the moment */
  #drain(): boolean {
    while (this.#chunks[0] !== undefined) {
      // A partially written line of the application comes first, unless the process exits.
      if (this.#applicationWrites > 0 && this.#exitEndMs === 0) return this.#retryLater();
      const { bytes, lineCount } = this.#chunks[0];
      try {
        // A write of telemetry is not traced, even if an instrumentation of files is active.
        const written = suppressed(() => writeSync(this.#fd, bytes));
        this.#pendingBytes -= written;
        this.#progressMs = performance.now();
        this.#retryMs = shortestRetryMs;
        this.#pausedUntilMs = 0;
        if (written === bytes.length) this.#chunks.shift();
        else this.#chunks[0] = { bytes: bytes.subarray(written), lineCount };
      } catch (error) {
        if (errorCode(error) === 'EAGAIN') return this.#retryLater();
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
    this.#fault = errorCode(error);
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

  /** Reports the first drop in order with the other lines. */
  #reportFirst(): void {
    if (this.#hasReported || this.#dropped === 0 || this.#isClosed || this.#pausedUntilMs > 0) return;
    this.#hasReported = true;
    this.#report('; further drops are reported at exit');
  }

  #report(suffix = ''): void {
    const count = this.#dropped - this.#reported;
    this.#reported = this.#dropped;
    const name = this.#fd === 1 ? 'stdout' : 'stderr';
    const stderr = lineWriter(2);
    // The report does not count as a line.
    stderr.write(`sonde: dropped ${count} lines for ${name}: ${this.#fault}${suffix}\n`, 0);
    stderr.flush();
  }

  #writeAtExit(): void {
    this.#exitEndMs = performance.now() + exitDeadlineMs;
    this.#queueText();
    // Terminates a partially written line of the application.
    if (this.#applicationWrites > 0 && this.#chunks.length > 0) {
      this.#chunks.unshift({ bytes: Buffer.from('\n'), lineCount: 0 });
    }
    this.#flushAndWait();
    this.#continueApplication();
    if (this.#dropped > this.#reported) this.#report();
  }

  /** Blocks while the reader makes progress, then drops the rest. */
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

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

const writers = new Map<number, LineWriter>();

/** Returns the writer of a descriptor. There is one for all output of Sonde, so that lines stay whole. */
export function lineWriter(fd: number): LineWriter {
  let writer = writers.get(fd);
  if (writer === undefined) {
    writer = new LineWriter(fd);
    writers.set(fd, writer);
  }
  return writer;
}
