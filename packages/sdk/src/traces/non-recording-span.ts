import type { Span } from '@opentelemetry/api';
import { SpanBase } from './span-base.ts';

/** A span that propagates its context and discards everything else. */
export class NonRecordingSpan extends SpanBase implements Span {
  isRecording(): boolean {
    return false;
  }

  setAttribute(): this {
    return this;
  }

  setAttributes(): this {
    return this;
  }

  addEvent(): this {
    return this;
  }

  addLink(): this {
    return this;
  }

  addLinks(): this {
    return this;
  }

  setStatus(): this {
    return this;
  }

  updateName(): this {
    return this;
  }

  recordException(): void {}

  end(): void {}
}
