/** Requests that go on until they are told to stop, each path by a client of its own. */
export class Load implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #clients: readonly Promise<void>[];

  constructor(url: string, paths: readonly string[]) {
    this.#clients = paths.map((path) => this.#ask(url + path));
  }

  /** Ends the load, whether or not the service still answers. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#clients);
  }

  async #ask(url: string): Promise<void> {
    const { signal } = this.#stop;
    for (;;) {
      if (signal.aborted) return;
      try {
        // One after the other is what a client is.
        // oxlint-disable-next-line no-await-in-loop
        await (await fetch(url, { signal })).arrayBuffer();
      } catch {
        return;
      }
    }
  }
}
