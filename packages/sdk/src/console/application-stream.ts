import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';

/** The stream of Node.js for a descriptor, which the application and `console` write to. */
type StandardStream = Writable & { readonly fd?: number };

/** Callbacks around the writes of the application. */
export interface TurnTaking {
  /** Called before each write of the application; calls `proceed` immediately, or after its own pending output. */
  beforeWrite(proceed: () => void): void;
  /** Called after the write has finished. */
  afterWrite(): void;
}

type WriteMethod = (...parameters: unknown[]) => void;
type Callback = (error?: Error | null) => void;

/**
 * Makes a pipe or socket non-blocking, as Node.js does on the first use of `process.stdout` or `process.stderr`: a write to
 * one without a reader then fails with EAGAIN instead of blocking the process.
 */
export function makeNonBlocking(fd: number): void {
  if (standardStream(fd) instanceof Socket) return;
  // The application has replaced the standard stream.
  new Socket({ fd, readable: false, writable: true }).unref();
}

/** Orders writes with those of the application on the descriptor, and on both standard streams if they are the same file. */
export function takeTurns(fd: number, turns: TurnTaking): void {
  for (const each of isSameFile(1, 2) ? [1, 2] : [fd]) {
    const stream = standardStream(each);
    if (stream === undefined) continue;
    wrap(stream, '_write', turns);
    if ('_writev' in stream && stream['_writev'] !== null) wrap(stream, '_writev', turns);
  }
}

function standardStream(fd: number): StandardStream | undefined {
  try {
    const stream: StandardStream = fd === 1 ? process.stdout : process.stderr;
    return stream.fd === fd ? stream : undefined;
  } catch {
    return undefined;
  }
}

function isSameFile(a: number, b: number): boolean {
  try {
    const [one, other] = [fstatSync(a), fstatSync(b)];
    return one.dev === other.dev && one.ino === other.ino;
  } catch {
    return false;
  }
}

/** Wraps an internal method, which `Writable` calls even if `write` is replaced, and never concurrently. */
function wrap(stream: StandardStream, name: '_write' | '_writev', turns: TurnTaking): void {
  const original = stream[name] as WriteMethod;
  const value: WriteMethod = (...parameters) => {
    const callback = parameters.pop() as Callback;
    const done: Callback = (error) => {
      turns.afterWrite();
      callback(error);
    };
    turns.beforeWrite(() => original.call(stream, ...parameters, done));
  };
  Object.defineProperty(stream, name, { value, configurable: true, writable: true });
}
