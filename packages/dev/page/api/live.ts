import { batch, type Signal, signal } from '@preact/signals';
import { getJson } from './client.ts';
import type { OpenRequests, Status } from './session-types.ts';

/** The signals of telemetry, as the page refreshes by them. */
export type Topic = 'spans' | 'logs' | 'points' | 'exceptions';

interface Change extends Readonly<Record<Topic, number>> {
  readonly traceIds: readonly string[] | null;
  readonly store: Status['store'];
}

export type Connection = 'connecting' | 'live' | 'lost';

export const connection: Signal<Connection> = signal('connecting');
export const status: Signal<Status | undefined> = signal();
export const openRequests: Signal<OpenRequests> = signal({ count: 0, items: [] });

/** Each grows when telemetry of its kind arrives; all grow when the session is cleared or connected to again. */
export const versions: Readonly<Record<Topic, Signal<number>>> = {
  spans: signal(0),
  logs: signal(0),
  points: signal(0),
  exceptions: signal(0),
};

/** Grows when what the page holds is no longer in the store. */
export const resets: Signal<number> = signal(0);

/** The traces of the last change; null is any. */
export const touchedTraces: Signal<readonly string[] | null> = signal(null);

function bumpAll(): void {
  batch(() => {
    touchedTraces.value = null;
    for (const version of Object.values(versions)) version.value += 1;
  });
}

function apply(change: Change): void {
  batch(() => {
    touchedTraces.value = change.traceIds;
    for (const topic of Object.keys(versions) as Topic[]) {
      if (change[topic] > 0) versions[topic].value += 1;
    }
    if (status.value !== undefined) status.value = { ...status.value, store: change.store };
  });
}

/** Asks for the requests that were under way before the page was opened. */
async function loadOpenRequests(): Promise<void> {
  try {
    openRequests.value = await getJson<OpenRequests>('/api/requests/open');
  } catch {
    // The next event brings them.
  }
}

/** Subscribes to the events of the viewer, and resolves at the first. The browser connects again when the viewer was gone. */
export function connect(): Promise<void> {
  const connected = Promise.withResolvers<void>();
  subscribe(() => connected.resolve());
  return connected.promise;
}

function subscribe(onHello: () => void): void {
  const source = new EventSource('/api/live');
  const on = (name: string, handle: (data: never) => void): void =>
    source.addEventListener(name, (event: MessageEvent<string>) => handle(JSON.parse(event.data) as never));
  let startedAt: number | undefined;
  on('hello', (hello: Status) => {
    onHello();
    void loadOpenRequests();
    batch(() => {
      connection.value = 'live';
      status.value = hello;
      // Another process of the viewer knows nothing of the cursors that this page holds.
      if (startedAt !== undefined && startedAt !== hello.startedAt) resets.value += 1;
      startedAt = hello.startedAt;
      bumpAll();
    });
  });
  on('status', (next: Status) => {
    status.value = next;
    bumpAll();
  });
  on('change', apply);
  on('open-requests', (open: OpenRequests) => {
    openRequests.value = open;
  });
  on('cleared', () =>
    batch(() => {
      resets.value += 1;
      openRequests.value = { count: 0, items: [] };
      bumpAll();
    }),
  );
  source.addEventListener('error', () => {
    connection.value = 'lost';
    // A refused connection (not a broken one) is not tried again by the browser.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => subscribe(onHello), 2000);
  });
}
