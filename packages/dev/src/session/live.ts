import { EventEmitter } from 'node:events';
import type { ServerSentEvent } from '@sonde/router/sse';
import type { Change } from '../store/usage.ts';
import type { Session } from './session.ts';

/** The shortest time between two events of a kind. */
const intervalMs = 100;
const heartbeatMs = 15_000;
const forgetMs = 1000;
const maxTraceIds = 200;
/** How many events wait for a client that does not read. */
const maxWaiting = 100;

function merge(a: Change | undefined, b: Change): Change {
  if (a === undefined) return b;
  const traceIds =
    a.traceIds === null || b.traceIds === null ? null : [...new Set([...a.traceIds, ...b.traceIds])];
  return {
    ...b,
    spans: a.spans + b.spans,
    requests: a.requests + b.requests,
    logs: a.logs + b.logs,
    points: a.points + b.points,
    exceptions: a.exceptions + b.exceptions,
    traceIds: traceIds !== null && traceIds.length > maxTraceIds ? null : traceIds,
    services: [...new Set([...a.services, ...b.services])],
  };
}

/** Gathers what happens, and hands it on a few times a second. */
export class Live {
  readonly #session: Session;
  readonly #events = new EventEmitter<{ event: [ServerSentEvent] }>();
  readonly #waiting = new Map<string, NodeJS.Timeout>();
  /** When each event was sent last, on the monotonic clock. */
  readonly #lastSent = new Map<string, number>();
  readonly #timers: readonly NodeJS.Timeout[];
  #change: Change | undefined;

  constructor(session: Session) {
    this.#session = session;
    this.#events.setMaxListeners(0);
    session.store.on('change', (change) => {
      this.#change = merge(this.#change, change);
      this.#later('change', () => {
        const data = this.#change;
        this.#change = undefined;
        return data;
      });
    });
    session.store.on('evicted', (evicted) => this.#send('evicted', evicted));
    session.store.on('cleared', () => this.#send('cleared', {}));
    session.on('status', () => this.#later('status', () => session.status()));
    session.openSpans.on('change', () => this.#later('open-requests', () => session.openRequests()));
    this.#timers = [
      setInterval(() => this.#send('ping', {}), heartbeatMs).unref(),
      setInterval(() => session.openSpans.forgetOld(), forgetMs).unref(),
    ];
  }

  /** The events for one client, until it goes away, or 100 events wait for it: then it connects again and reloads. */
  async *subscribe(signal: AbortSignal): AsyncGenerator<ServerSentEvent, void, void> {
    const waiting: ServerSentEvent[] = [];
    let wake = Promise.withResolvers<void>();
    const receive = (event: ServerSentEvent): void => {
      waiting.push(event);
      if (waiting.length > maxWaiting) end();
      wake.resolve();
    };
    const state = { isEnded: signal.aborted };
    const end = (): void => {
      state.isEnded = true;
      waiting.length = 0;
      this.#events.off('event', receive);
      wake.resolve();
    };
    if (!state.isEnded) this.#events.on('event', receive);
    signal.addEventListener('abort', end);
    try {
      yield { event: 'hello', data: this.#session.status(), retryMs: 1000 };
      while (!state.isEnded) {
        const event = waiting.shift();
        if (event !== undefined) yield event;
        else {
          await wake.promise;
          wake = Promise.withResolvers<void>();
        }
      }
    } finally {
      end();
      signal.removeEventListener('abort', end);
    }
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }

  #send(event: string, data: unknown): void {
    this.#events.emit('event', { event, data });
  }

  async #sendWhenKnown(event: string, dataOf: () => unknown): Promise<void> {
    try {
      const data = await dataOf();
      if (data !== undefined) this.#send(event, data);
    } catch {
      // The store is closed: nobody is to be told anything more.
    }
  }

  #later(event: string, dataOf: () => unknown): void {
    if (this.#waiting.has(event)) return;
    // The first event after a pause is sent at once.
    const elapsedMs = performance.now() - (this.#lastSent.get(event) ?? Number.NEGATIVE_INFINITY);
    const timer = setTimeout(
      () => {
        this.#waiting.delete(event);
        this.#lastSent.set(event, performance.now());
        void this.#sendWhenKnown(event, dataOf);
      },
      Math.max(0, intervalMs - elapsedMs),
    );
    this.#waiting.set(event, timer);
  }
}
