import type { Span } from '@opentelemetry/api';
import { Identified } from './identified.ts';

/** A span that is not recorded: it carries its ids, and nothing else is kept. */
export class Carrier extends Identified implements Span {
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
