import type { Attributes, AttributeValue, Span } from '@opentelemetry/api';
import { ATTR_HTTP_ROUTE } from '@opentelemetry/semantic-conventions';
import { SpanBase } from './span-base.ts';

/** A span that propagates its context and discards everything but its route, which metrics have too. */
export class NonRecordingSpan extends SpanBase implements Span {
  /** The last `http.route`. */
  route: string | undefined;

  isRecording(): boolean {
    return false;
  }

  setAttribute(key: string, value: AttributeValue): this {
    if (key === ATTR_HTTP_ROUTE && typeof value === 'string') this.route = value;
    return this;
  }

  setAttributes(attributes: Attributes): this {
    const route = (attributes as Attributes | null | undefined)?.[ATTR_HTTP_ROUTE];
    if (typeof route === 'string') this.route = route;
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
