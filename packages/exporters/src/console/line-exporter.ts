import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import { lineWriter, type LineWriter } from '@sonde/sdk';

/** Writes items as lines. An export succeeds when its lines are written, and also if the stream is closed or blocked. */
export abstract class LineExporter {
  readonly #writer: LineWriter;
  #isShutDown = false;

  protected constructor(fd: number) {
    this.#writer = lineWriter(fd);
  }

  /** Resolves when all lines are written. */
  async forceFlush(): Promise<void> {
    this.#writer.flush();
    await this.#writer.settled();
  }

  /** Writes pending lines; later items are dropped. */
  async shutdown(): Promise<void> {
    await this.forceFlush();
    this.#isShutDown = true;
  }

  /** @param text complete lines; empty if there is nothing to write */
  protected write(text: string, lineCount: number, resultCallback: (result: ExportResult) => void): void {
    const done = (): void => resultCallback({ code: ExportResultCode.SUCCESS });
    if (text === '' || this.#isShutDown) done();
    else this.#writer.write(text, lineCount, done);
  }

  protected get isShutDown(): boolean {
    return this.#isShutDown;
  }
}
