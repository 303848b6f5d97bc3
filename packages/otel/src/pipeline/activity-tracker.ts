import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { SpanProcessor } from '@opentelemetry/sdk-trace';

/** Notices whether anything was recorded since it was last asked: then there is something to flush. */
export class ActivityTracker implements SpanProcessor, LogRecordProcessor {
  #isDirty = true;

  onStart(): void {}

  onEnd(): void {
    this.#isDirty = true;
  }

  onEmit(): void {
    this.#isDirty = true;
  }

  /** Whether something was recorded since the last call; true for the first. */
  consumeDirty(): boolean {
    const recorded = this.#isDirty;
    this.#isDirty = false;
    return recorded;
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}
