import { batch, effect, type Signal, signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { ApiError, apiAddress, getJson } from '../api/client.ts';
import { resets, type Topic, versions } from '../api/live.ts';
import type { Page } from '../api/request-types.ts';

interface Item {
  readonly id: number;
}

const pageSize = 200;
const catchUpPages = 5;
const maxItems = 5000;
const intervalMs = 150;

export interface TailOptions {
  readonly path: string;
  readonly q: string;
  readonly topic: Topic;
  /** How many of the newest items are asked for again, because they may have changed. @default 0 */
  readonly overlap?: number;
}

/** The newest items of a list, oldest first, which grow while telemetry arrives. While it is frozen, new ones wait. */
export class Tail<T extends Item> {
  readonly items: Signal<readonly T[]> = signal([]);
  /** Items that arrived while the tail was frozen. */
  readonly waiting: Signal<readonly T[]> = signal([]);
  readonly frozen: Signal<boolean> = signal(false);
  readonly more: Signal<boolean> = signal(false);
  readonly loaded: Signal<boolean> = signal(false);
  readonly error: Signal<ApiError | undefined> = signal();
  readonly #options: TailOptions;
  readonly #abort = new AbortController();
  #state: 'idle' | 'busy' | 'again' = 'idle';
  #isOverflown = false;

  constructor(options: TailOptions) {
    this.#options = options;
  }

  /** Follows live updates until it is stopped. */
  start(): () => void {
    let reset = resets.peek();
    const dispose = effect(() => {
      void versions[this.#options.topic].value;
      if (resets.value !== reset) {
        reset = resets.value;
        this.#clear();
      }
      this.#wake();
    });
    return () => {
      dispose();
      this.#abort.abort();
    };
  }

  freeze(): void {
    this.frozen.value = true;
  }

  /** Shows what has waited, and follows again. */
  follow(): void {
    batch(() => {
      this.frozen.value = false;
      if (this.#isOverflown) this.#clear();
      else this.#append(this.waiting.value);
      this.waiting.value = [];
      this.#isOverflown = false;
    });
    this.#wake();
  }

  async loadOlder(): Promise<void> {
    const first = this.items.peek()[0];
    if (first === undefined || !this.more.peek() || this.#state !== 'idle') return;
    this.#state = 'busy';
    try {
      const page = await this.#get({ before: first.id });
      batch(() => {
        this.items.value = [...page.items.toReversed(), ...this.items.value];
        this.more.value = page.more;
      });
    } catch (error) {
      this.#fail(error);
    }
    this.#state = 'idle';
  }

  #clear(): void {
    batch(() => {
      this.items.value = [];
      this.waiting.value = [];
      this.loaded.value = false;
    });
  }

  #wake(): void {
    if (this.#state === 'idle') void this.#loop();
    else this.#state = 'again';
  }

  async #loop(): Promise<void> {
    do {
      this.#state = 'busy';
      try {
        await this.#refresh();
      } catch (error) {
        this.#fail(error);
      }
      await new Promise((resolve) => setTimeout(resolve, intervalMs));
    } while (!this.#abort.signal.aborted && (this.#state as string) === 'again');
    this.#state = 'idle';
  }

  async #refresh(): Promise<void> {
    const newest = this.items.peek();
    const overlapStart = newest.at(-1 - (this.#options.overlap ?? 0)) ?? newest[0];
    if (overlapStart === undefined) return this.#loadNewest();
    let after = this.waiting.peek().at(-1)?.id ?? overlapStart.id;
    for (let count = 0; count < catchUpPages; count += 1) {
      const page = await this.#get({ after, order: 'asc', limit: 1000 });
      this.error.value = undefined;
      this.#add(page.items);
      after = page.items.at(-1)?.id ?? after;
      if (!page.more) return undefined;
    }
    // More arrives than can be read: the newest are shown, with a gap before them.
    if (this.frozen.peek()) this.#isOverflown = true;
    else await this.#loadNewest();
    return undefined;
  }

  async #loadNewest(): Promise<void> {
    const page = await this.#get({});
    batch(() => {
      this.error.value = undefined;
      this.items.value = page.items.toReversed();
      this.more.value = page.more;
      this.loaded.value = true;
    });
  }

  #add(items: readonly T[]): void {
    if (items.length === 0) return;
    if (!this.frozen.peek()) this.#append(items);
    else {
      const shown = this.items.peek().at(-1)?.id ?? 0;
      const fresh = items.filter(({ id }) => id > shown);
      if (fresh.length > 0) this.waiting.value = [...this.waiting.peek(), ...fresh].slice(-maxItems);
    }
  }

  #append(items: readonly T[]): void {
    const first = items[0];
    if (first === undefined) return;
    const before = this.items.peek().filter(({ id }) => id < first.id);
    const all = [...before, ...items.filter(({ id }, index) => items[index - 1]?.id !== id)];
    if (all.length > maxItems) this.more.value = true;
    this.items.value = all.slice(-maxItems);
  }

  #get(parameters: Readonly<Record<string, string | number>>): Promise<Page<T>> {
    const { path, q } = this.#options;
    return getJson<Page<T>>(apiAddress(path, { q, limit: pageSize, ...parameters }), this.#abort.signal);
  }

  #fail(error: unknown): void {
    if (this.#abort.signal.aborted) return;
    batch(() => {
      this.loaded.value = true;
      this.error.value =
        error instanceof ApiError ? error : new ApiError(0, { detail: 'the viewer does not answer' });
    });
  }
}

/** A tail for as long as the component shows it. */
export function useTail<T extends Item>({ path, q, topic, overlap = 0 }: TailOptions): Tail<T> {
  const tail = useMemo(() => new Tail<T>({ path, q, topic, overlap }), [path, q, topic, overlap]);
  useEffect(() => tail.start(), [tail]);
  return tail;
}
