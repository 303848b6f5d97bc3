import { Reply } from './reply.ts';
import { unexpected } from '../router-error.ts';

/** One event of an event stream. */
export interface ServerSentEvent {
  /** Text goes as it is, anything else as JSON. */
  readonly data: unknown;
  readonly event?: string;
  readonly id?: string;
  /** When the client should come back after a broken connection, in milliseconds. */
  readonly retryMs?: number;
}

/**
 * Answers with an event stream, one event per item. It ends when the iterable ends or the client goes away.
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
    // nginx holds events back else.
    'x-accel-buffering': 'no',
  });
}

async function* blocks(events: AsyncIterable<ServerSentEvent | string>): AsyncGenerator<string, void, void> {
  // A comment at once, so that the client knows that it is connected.
  yield ':\n\n';
  for await (const item of events) {
    const { data, event, id, retryMs }: ServerSentEvent = typeof item === 'string' ? { data: item } : item;
    const text = typeof data === 'string' ? data : (JSON.stringify(data) ?? '');
    const fields = Object.entries({ event, id, retry: retryMs, data: text });
    const given = fields.filter(([, value]) => value !== undefined);
    // Each line of a value is a field of its own, so that no value can break out of its field.
    const lines = given.flatMap(([name, value]) => {
      const texts = String(value).split(/\r\n?|\n/);
      return texts.map((line) => `${name}: ${line}\n`);
    });
    yield `${lines.join('')}\n`;
  }
}
