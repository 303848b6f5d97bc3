import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { SpanProcessor } from '@opentelemetry/sdk-trace';

/** Tracks whether telemetry was recorded since the last `consumeDirty()`, so that an idle process does not flush. */
export class ActivityTracker implements SpanProcessor, LogRecordProcessor {
  #isDirty = true;

  onStart(): void {}

  onEnd(): void {
    this.#isDirty = true;
  }

  onEmit(): void {
    this.#isDirty = true;
  }

  /** Returns whether telemetry was recorded since the last call; true for the first call. */
  consumeDirty(): boolean {
    const wasDirty = this.#isDirty;
    this.#isDirty = false;
    return wasDirty;
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}
