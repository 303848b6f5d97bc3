import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { SpanProcessor } from '@opentelemetry/sdk-trace';

/** Notices whether anything was recorded since it was last asked: then there is something to flush. */
export class Activity implements SpanProcessor, LogRecordProcessor {
  #recorded = true;

  onStart(): void {}

  onEnd(): void {
    this.#recorded = true;
  }

  onEmit(): void {
    this.#recorded = true;
  }

  /** Whether something was recorded since the last call; true for the first. */
  take(): boolean {
    const recorded = this.#recorded;
    this.#recorded = false;
    return recorded;
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}
