import { Reply } from './http/reply.ts';
import { iterate, type Source, type Streamable } from './http/write.ts';
import { RouterError, unexpected } from './router-error.ts';

/** One event of an event stream. An item without data, event and retry is a comment. */
export interface ServerSentEvent {
  /** A string is sent unchanged, any other value as JSON. */
  readonly data?: unknown;
  readonly event?: string;
  readonly id?: string;
  /** Reconnection delay of the client, in milliseconds. */
  readonly retryMs?: number;
  /** Text that clients ignore. */
  readonly comment?: string;
}

/** Options of {@link sse}. */
export interface EventStreamOptions {
  /**
   * Sends a comment after so many milliseconds without an event, so that proxies keep the idle connection open; 0
   * disables it. @default 15000
   */
  readonly heartbeatMs?: number;
}

/**
 * Responds with an event stream, one event per item. It ends when the iterable ends, the client disconnects, or the
 * server is closed. A client that reconnects sends the `id` of its last event as `c.headers['last-event-id']`.
 *
 * @throws RouterError SONDE_ROUTER_OPTION when an argument is invalid.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 *
 * @example
 * ```ts
 * import { setInterval } from 'node:timers/promises';
 * import { createRouter } from '@sonde/router';
 * import { sse } from '@sonde/router/sse';
 *
 * async function* ticks(signal: AbortSignal) {
 *   for await (const _ of setInterval(1000, undefined, { signal })) yield { data: { now: Date.now() } };
 * }
 *
 * createRouter().get('/events', (c) => sse(ticks(c.signal)));
 * ```
 */
export function sse(
  events: AsyncIterable<ServerSentEvent | string>,
  { heartbeatMs = 15_000, ...others }: EventStreamOptions = {},
): Reply {
  if (!(Symbol.asyncIterator in Object(events))) throw unexpected('sse', 'an async iterable', events);
  if (!Number.isInteger(heartbeatMs) || heartbeatMs < 0 || Object.keys(others).length) {
    throw unexpected('sse', '{ heartbeatMs: number }', { heartbeatMs, ...others });
  }
  return new Reply(blocks(events, heartbeatMs), 200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    // Disables response buffering in nginx.
    'x-accel-buffering': 'no',
  });
}

const heartbeat = { value: ':\n\n', done: false } as const;

/** Formats events. Not a generator: `return` reaches the events while the next one is awaited. */
function blocks(events: AsyncIterable<ServerSentEvent | string>, heartbeatMs: number): Streamable<string> {
  const iterator = iterate(events) as Source<ServerSentEvent | string>;
  let pending: Promise<IteratorResult<string>> | undefined;
  let started = false;
  const read = async (): Promise<IteratorResult<string>> => {
    const { done, value } = await iterator.next();
    return done ? { done, value } : { value: formatEvent(value) };
  };
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        // An initial comment sends the header fields immediately.
        if (!started) {
          started = true;
          return heartbeat;
        }
        // After a heartbeat, the same event is awaited again.
        pending ??= read();
        const result = await (heartbeatMs ? within(pending, heartbeatMs) : pending);
        if (result !== heartbeat) pending = undefined;
        return result;
      },
      return: () => iterator.return?.(),
    }),
  };
}

/** The next block, or a heartbeat when it does not come in time. */
function within(
  pending: Promise<IteratorResult<string>>,
  heartbeatMs: number,
): Promise<IteratorResult<string>> {
  return new Promise((resolve, reject) => {
    const timeout = setTimeout(() => resolve(heartbeat), Math.min(heartbeatMs, 2 ** 31 - 1));
    void pending.then(resolve, reject).finally(() => clearTimeout(timeout));
  });
}

function formatEvent(item: ServerSentEvent | string): string {
  const { comment, data, event, id, retryMs }: ServerSentEvent =
    typeof item === 'string' ? { data: item } : item;
  // Clients ignore an id with this character.
  if (id?.includes('\0')) throw new RouterError('SONDE_RESPONSE', 'Invalid event id: it contains U+0000');
  const text = typeof data === 'string' || data === undefined ? data : (JSON.stringify(data) ?? '');
  const fields = Object.entries({ '': comment, event, id, retry: retryMs, data: text });
  // Repeats the field name on each line, so that no value can inject another field.
  const lines = fields.map(([name, value]) =>
    value === undefined
      ? ''
      : `${name}: ${String(value)
          .split(/\r\n?|\n/)
          .join(`\n${name}: `)}\n`,
  );
  return `${lines.join('')}\n`;
}
