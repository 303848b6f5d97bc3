import { Reply } from './reply.ts';
import { iterate, type Source, type Streamable } from './write.ts';
import { unexpected } from '../router-error.ts';

/** One event of an event stream. */
export interface ServerSentEvent {
  /** A string is sent unchanged, any other value as JSON. */
  readonly data: unknown;
  readonly event?: string;
  readonly id?: string;
  /** Reconnection delay of the client, in milliseconds. */
  readonly retryMs?: number;
}

/**
 * Responds with an event stream, one event per item. It ends when the iterable ends, the client disconnects, or the
 * server is closed.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 *
 * @example
 * ```ts
 * import { setInterval } from 'node:timers/promises';
 * import { createRouter, sse } from '@sonde/router';
 *
 * async function* ticks(signal: AbortSignal) {
 *   for await (const _ of setInterval(1000, undefined, { signal })) yield { data: { now: Date.now() } };
 * }
 *
 * createRouter().get('/events', (c) => sse(ticks(c.signal)));
 * ```
 */
export function sse(events: AsyncIterable<ServerSentEvent | string>): Reply {
  if (!(Symbol.asyncIterator in Object(events))) throw unexpected('sse', 'an async iterable', events);
  return new Reply(blocks(events), 200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    // Disables response buffering in nginx.
    'x-accel-buffering': 'no',
  });
}

/** Formats events. Not a generator: `return` reaches the events while the next one is awaited. */
function blocks(events: AsyncIterable<ServerSentEvent | string>): Streamable<string> {
  const iterator = iterate(events) as Source<ServerSentEvent | string>;
  let first: string | undefined;
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        // An initial comment sends the header fields immediately.
        if (!first) return { value: (first = ':\n\n') };
        const result = await iterator.next();
        return result.done ? result : { value: formatEvent(result.value) };
      },
      return: () => iterator.return?.(),
    }),
  };
}

function formatEvent(item: ServerSentEvent | string): string {
  const { data, event, id, retryMs }: ServerSentEvent = typeof item === 'string' ? { data: item } : item;
  const text = typeof data === 'string' ? data : (JSON.stringify(data) ?? '');
  const fields = Object.entries({ event, id, retry: retryMs, data: text });
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
