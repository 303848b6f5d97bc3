import { Reply } from './reply.ts';
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
 * Responds with an event stream, one event per item. It ends when the iterable ends or the client disconnects.
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

async function* blocks(events: AsyncIterable<ServerSentEvent | string>): AsyncGenerator<string, void, void> {
  // An initial comment sends the header fields immediately.
  yield ':\n\n';
  for await (const item of events) {
    const { data, event, id, retryMs }: ServerSentEvent = typeof item === 'string' ? { data: item } : item;
    const text = typeof data === 'string' ? data : (JSON.stringify(data) ?? '');
    const fields = Object.entries({ event, id, retry: retryMs, data: text });
    const defined = fields.filter(([, value]) => value !== undefined);
    // Repeats the field name on each line, so that no value can inject another field.
    const lines = defined.flatMap(([name, value]) => {
      const valueLines = String(value).split(/\r\n?|\n/);
      return valueLines.map((line) => `${name}: ${line}\n`);
    });
    yield `${lines.join('')}\n`;
  }
}
