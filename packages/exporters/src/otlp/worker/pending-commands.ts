/** The commands that the thread has not completed. */
export class PendingCommands {
  readonly #resolvers = new Map<number, () => void>();
  #id = 0;

  /** Adds a command. `done` resolves with `resolve`. */
  add(): { readonly id: number; readonly done: Promise<void> } {
    const id = ++this.#id;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#resolvers.set(id, resolve);
    return { id, done: promise };
  }

  resolve(id: number): void {
    this.#resolvers.get(id)?.();
    this.#resolvers.delete(id);
  }

  resolveAll(): void {
    for (const resolve of this.#resolvers.values()) resolve();
    this.#resolvers.clear();
  }
}
