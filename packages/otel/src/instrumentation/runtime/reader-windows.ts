import { getCollectingReader } from '@sonde/sdk';
import { state } from '../../state.ts';

/** Values since the last collection of one reader. */
interface ReaderWindow {
  reset(): void;
  close?(): void;
}

/** One window for each metric reader: the collection of one reader does not shorten the interval of another one. */
export class ReaderWindows<Window extends ReaderWindow> {
  readonly #create: () => Window;
  /** The window of readers that `start()` does not know. */
  readonly #shared: Window;
  readonly #byReader: ReadonlyMap<object, Window>;

  constructor(create: () => Window) {
    this.#create = create;
    this.#byReader = new Map(state.metricReaders.map((reader) => [reader, this.#create()]));
    this.#shared = create();
  }

  /** Reads the window of the reader that collects, and begins the next one. */
  read(observe: (window: Window) => void): void {
    const collecting = getCollectingReader();
    const window = (collecting && this.#byReader.get(collecting.reader)) ?? this.#shared;
    observe(window);
    if (collecting?.isProvisional !== true) window.reset();
  }

  close(): void {
    for (const window of [this.#shared, ...this.#byReader.values()]) window.close?.();
  }
}
