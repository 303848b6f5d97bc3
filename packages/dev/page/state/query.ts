import type { ReadonlySignal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, getJson } from '../api/client.ts';

/** The least time between two refreshes of one query. */
const intervalMs = 250;

export interface QueryState<T> {
  readonly data: T | undefined;
  readonly error: ApiError | undefined;
}

interface Held<T> extends QueryState<T> {
  readonly address: string;
}

export interface QueryOptions {
  /** Shows the answer of the address before until the new one is there. @default false */
  readonly keep?: boolean;
}

/** Asks at once, and again when it is woken; never twice at a time. */
class Refresher {
  readonly #run: (signal: AbortSignal) => Promise<void>;
  readonly #abort = new AbortController();
  #state: 'idle' | 'busy' | 'again' = 'idle';

  constructor(run: (signal: AbortSignal) => Promise<void>) {
    this.#run = run;
  }

  wake(): void {
    if (this.#state === 'idle') void this.#loop();
    else this.#state = 'again';
  }

  stop(): void {
    this.#abort.abort();
  }

  async #loop(): Promise<void> {
    const { signal } = this.#abort;
    do {
      this.#state = 'busy';
      await this.#run(signal);
      await new Promise((resolve) => setTimeout(resolve, intervalMs));
    } while (!signal.aborted && (this.#state as string) === 'again');
    this.#state = 'idle';
  }
}

function toApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(0, { detail: 'the viewer does not answer' });
}

/** The answer of the API at an address; it is asked for again whenever `version` changes. No address asks nothing. */
export function useQuery<T>(
  address: string | undefined,
  version?: ReadonlySignal<number>,
  { keep = false }: QueryOptions = {},
): QueryState<T> {
  const [held, setHeld] = useState<Held<T>>();
  const refresher = useRef<Refresher>(undefined);
  useEffect(() => {
    if (address === undefined) return undefined;
    const own = new Refresher(async (signal) => {
      try {
        const data = await getJson<T>(address, signal);
        if (!signal.aborted) setHeld({ address, data, error: undefined });
      } catch (error) {
        if (signal.aborted) return;
        setHeld((before) => ({
          address,
          data: keep || before?.address === address ? before?.data : undefined,
          error: toApiError(error),
        }));
      }
    });
    refresher.current = own;
    own.wake();
    return () => own.stop();
  }, [address, keep]);
  const wanted = version?.value;
  const seen = useRef(wanted);
  useEffect(() => {
    // The first answer is asked for above.
    if (wanted !== undefined && wanted !== seen.current) refresher.current?.wake();
    seen.current = wanted;
  }, [wanted]);
  if (address === undefined || held === undefined) return { data: undefined, error: undefined };
  if (held.address !== address) return { data: keep ? held.data : undefined, error: undefined };
  return held;
}
