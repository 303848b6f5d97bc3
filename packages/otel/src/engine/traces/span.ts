import {
  type Attributes,
  type AttributeValue,
  diag,
  type Exception,
  type HrTime,
  type Link,
  type SpanStatus,
  SpanStatusCode,
  type TimeInput,
} from '@opentelemetry/api';
import { cleanAttributes, cleanSimpleAttributes, hrTimeDuration, isTimeInput } from '@opentelemetry/core';
import type { Span, SpanLimits } from '@opentelemetry/sdk-trace';
import { ATTR_EXCEPTION_MESSAGE, ATTR_EXCEPTION_TYPE } from '@opentelemetry/semantic-conventions';
import { clock } from '../clock.ts';
import { SpanRecord } from './span-record.ts';
import { text, thrownAttributes } from '../thrown.ts';
import { timeOf } from './time-input.ts';

/**
 * A span that is recorded. It does what upstream's does.
 *
 * @see https://opentelemetry.io/docs/specs/otel/trace/api/#span-operations
 */
export class LeanSpan extends SpanRecord implements Span {
  isRecording(): boolean {
    return !this.ended;
  }

  setAttribute(key: string, value: AttributeValue): this {
    if (!this.isOver()) this.held.set(key, value);
    return this;
  }

  setAttributes(attributes: Attributes): this {
    if (!this.ended) this.held.setAll(attributes);
    else for (const key in attributes) if (Object.hasOwn(attributes, key)) this.isOver();
    return this;
  }

  /**
   * Takes attributes for its own, for less than `setAttributes`: `@sonde/router` asks for it. Nobody else may keep the
   * object; its members are few, of names that the span has not, and strings, numbers, booleans or undefined.
   */
  adopt(attributes: Attributes): void {
    if (!this.ended && !this.held.adopt(attributes)) this.held.setAll(attributes);
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, givenAt?: TimeInput): this {
    if (this.isOver()) return this;
    const { limits } = this.origin;
    if (limits.eventCountLimit === 0) {
      diag.warn('No events allowed.');
      this.droppedEventsCount++;
      return this;
    }
    if (this.events.length >= limits.eventCountLimit) {
      if (this.droppedEventsCount === 0) diag.debug('Dropping extra events.');
      this.events.shift();
      this.droppedEventsCount++;
    }
    const isTime = isTimeInput(attributesOrTime);
    const at = isTime && !isTimeInput(givenAt) ? attributesOrTime : givenAt;
    this.events.push({
      name,
      time: timeOf(at, this),
      ...cleanSimpleAttributes(isTime ? undefined : attributesOrTime, {
        attributeCountLimit: limits.attributePerEventCountLimit,
        attributeValueLengthLimit: limits.attributeValueLengthLimit,
      }),
    });
    return this;
  }

  addLink(link: Link): this {
    if (this.isOver()) return this;
    const { limits } = this.origin;
    if (limits.linkCountLimit === 0) {
      this.droppedLinksCount++;
      return this;
    }
    if (this.links.length >= limits.linkCountLimit) {
      if (this.droppedLinksCount === 0) diag.debug('Dropping extra links.');
      this.links.shift();
      this.droppedLinksCount++;
    }
    this.links.push(cleanLink(link, limits));
    return this;
  }

  addLinks(links: Link[]): this {
    for (const link of links) this.addLink(link);
    return this;
  }

  setStatus(status: SpanStatus): this {
    if (this.isOver()) return this;
    const { code, message } = status;
    if (code === SpanStatusCode.UNSET || this.state?.code === SpanStatusCode.OK) return this;
    this.status = { code };
    if (code !== SpanStatusCode.ERROR) return this;
    if (typeof message === 'string') this.status.message = message;
    else if (message !== undefined && message !== null) {
      diag.warn(`Dropping invalid status.message of type '${typeof message}', expected 'string'`);
    }
    return this;
  }

  updateName(name: string): this {
    if (!this.isOver()) this.name = name;
    return this;
  }

  recordException(exception: Exception, time?: TimeInput): void {
    const attributes = thrownAttributes(exception);
    if (attributes[ATTR_EXCEPTION_TYPE] || attributes[ATTR_EXCEPTION_MESSAGE]) {
      this.addEvent('exception', attributes, time);
    } else diag.warn(`Failed to record an exception ${text(exception)}`);
  }

  end(endTime?: TimeInput): void {
    if (this.isOver()) {
      const { traceId, spanId } = this.identity;
      diag.error(`${this.name} ${traceId}-${spanId} - You can only call end() on a span once.`);
      return;
    }
    const nowMs = clock.now();
    this.endMs = this.isWithin(endTime, nowMs) ? endTime : nowMs;
    if (this.isStartGiven || (endTime !== undefined && endTime !== this.endMs)) {
      this.endAt(timeOf(endTime, this));
    }
    if (this.droppedEventsCount > 0) {
      diag.warn(`Dropped ${this.droppedEventsCount} events because eventCountLimit reached`);
    }
    if (this.droppedLinksCount > 0) {
      diag.warn(`Dropped ${this.droppedLinksCount} links because linkCountLimit reached`);
    }
    const { processors } = this.origin;
    processors.onEnding(this);
    this.ended = true;
    processors.onEnd(this);
  }

  /** Whether a time is one that the clock has shown since the span began. */
  private isWithin(time: TimeInput | undefined, nowMs: number): time is number {
    return typeof time === 'number' && time >= this.startMs && time <= nowMs;
  }

  private endAt(time: HrTime): void {
    this.finished = time;
    this.lasted = hrTimeDuration(this.startTime, time);
    if (this.lasted[0] >= 0) return;
    const order = 'Inconsistent start and end time, startTime > endTime. Setting span duration to 0ms.';
    diag.warn(order, this.startTime, time);
    this.finished = [...this.startTime];
    this.lasted = [0, 0];
  }

  private isOver(): boolean {
    if (this.ended) {
      const { traceId, spanId } = this.identity;
      diag.warn(
        `Cannot execute the operation on ended Span {traceId: ${traceId}, spanId: ${spanId}}`,
        new Error(`Operation attempted on ended Span {traceId: ${traceId}, spanId: ${spanId}}`),
      );
    }
    return this.ended;
  }
}

/** A link with attributes that are valid and within limits. */
export function cleanLink({ context, attributes }: Link, limits: Required<SpanLimits>): Link {
  return {
    context,
    ...cleanAttributes(attributes, {
      attributeCountLimit: limits.attributePerLinkCountLimit,
      attributeValueLengthLimit: limits.attributeValueLengthLimit,
    }),
  };
}
