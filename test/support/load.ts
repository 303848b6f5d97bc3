/** Sends requests until it is stopped, with one client per path. */
export class Load implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #clients: readonly Promise<void>[];

  constructor(url: string, paths: readonly string[]) {
    this.#clients = paths.map((path) => this.#ask(url + path));
  }

  /** Stops the load, even if the service does not respond. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#clients);
  }

  async #ask(url: string): Promise<void> {
    const { signal } = this.#stop;
    for (;;) {
      if (signal.aborted) return;
      try {
        // A client sends its requests sequentially.
        // oxlint-disable-next-line no-await-in-loop
        await (await fetch(url, { signal })).arrayBuffer();
      } catch {
        return;
      }
    }
  }
}
