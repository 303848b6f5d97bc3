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
import type { Span } from '@opentelemetry/sdk-trace';
import { ATTR_EXCEPTION_MESSAGE, ATTR_EXCEPTION_TYPE } from '@opentelemetry/semantic-conventions';

import type { GuardedLimits } from './span-limits.ts';
import { LeanReadableSpan } from './readable-span.ts';
import { detailAttributes, shortText } from './span-values.ts';
import { resolveTime } from './span-time.ts';
import { clock } from '../context/clock.ts';
import type { FastSpan } from '../fast-path.ts';
import { errorDetails, exceptionAttributes } from '../attributes/exception.ts';
import type { AttributeLimits } from '../attributes/attribute-sanitizer.ts';
import { toExceptionAttributes, toText } from '../attributes/exception-attributes.ts';

/**
 * A span that is recorded. It does what upstream's does.
 *
 * @see https://opentelemetry.io/docs/specs/otel/trace/api/#span-operations
 */
export class LeanSpan extends LeanReadableSpan implements Span, FastSpan {
  isRecording(): boolean {
    return !this.ended;
  }

  setAttribute(key: string, value: AttributeValue): this {
    if (!this.isEnded()) this.attributeStore.set(key, value);
    return this;
  }

  setAttributes(attributes: Attributes): this {
    if (!this.ended) this.attributeStore.setAll(attributes);
    else for (const key in attributes) if (Object.hasOwn(attributes, key)) this.isEnded();
    return this;
  }

  adopt(attributes: Attributes): void {
    if (!this.ended && !this.attributeStore.adopt(attributes)) this.attributeStore.setAll(attributes);
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, givenAt?: TimeInput): this {
    if (this.isEnded()) return this;
    try {
      this.addTimedEvent(name, attributesOrTime, givenAt);
    } catch (error) {
      this.survive(error);
    }
    return this;
  }

  addLink(link: Link): this {
    if (this.isEnded()) return this;
    const { limits } = this.shared;
    if (limits.linkCountLimit === 0) {
      this.droppedLinksCount++;
      return this;
    }
    if (this.links.length >= limits.linkCountLimit) {
      if (this.droppedLinksCount === 0) diag.debug('Dropping extra links.');
      this.links.shift();
      this.droppedLinksCount++;
    }
    try {
      this.links.push(sanitizeLink(link, limits));
    } catch (error) {
      this.survive(error);
      this.droppedLinksCount++;
    }
    return this;
  }

  addLinks(links: Link[]): this {
    try {
      for (const link of links) this.addLink(link);
    } catch (error) {
      this.survive(error);
    }
    return this;
  }

  setStatus(status: SpanStatus): this {
    if (this.isEnded()) return this;
    try {
      this.takeStatus(status);
    } catch (error) {
      this.survive(error);
    }
    return this;
  }

  updateName(name: string): this {
    if (!this.isEnded()) this.name = this.shared.limits.guard === undefined ? name : shortText(name);
    return this;
  }

  recordException(exception: Exception, time?: TimeInput): void {
    let attributes: Attributes;
    try {
      attributes = toExceptionAttributes(exception);
    } catch (error) {
      if (this.shared.limits.guard === undefined) throw error;
      attributes = exceptionAttributes(exception);
    }
    if (attributes[ATTR_EXCEPTION_TYPE] || attributes[ATTR_EXCEPTION_MESSAGE]) {
      this.addEvent('exception', attributes, time);
    } else
      diag.warn(
        `Failed to record an exception ${this.shared.limits.guard === undefined ? toText(exception) : errorDetails(exception)}`,
      );
  }

  end(endTime?: TimeInput): void {
    try {
      this.finish(endTime);
    } catch (error) {
      const { guard } = this.shared.limits;
      if (guard === undefined) throw error;
      guard.lost(error);
    }
  }

  private finish(endTime: TimeInput | undefined): void {
    if (this.isEnded()) {
      const { traceId, spanId } = this.lazyContext;
      diag.error(`${this.name} ${traceId}-${spanId} - You can only call end() on a span once.`);
      return;
    }
    const nowMs = clock.now();
    this.endMs = this.isWithin(endTime, nowMs) ? endTime : nowMs;
    if (this.isStartGiven || (endTime !== undefined && endTime !== this.endMs)) {
      this.endAt(resolveTime(endTime, this));
    }
    if (this.droppedEventsCount > 0) {
      diag.warn(`Dropped ${this.droppedEventsCount} events because eventCountLimit reached`);
    }
    if (this.droppedLinksCount > 0) {
      diag.warn(`Dropped ${this.droppedLinksCount} links because linkCountLimit reached`);
    }
    const { processors } = this.shared;
    processors.onEnding(this);
    this.ended = true;
    processors.onEnd(this);
  }

  private addTimedEvent(
    name: string,
    attributesOrTime: Attributes | TimeInput | undefined,
    givenAt: TimeInput | undefined,
  ): void {
    const { limits } = this.shared;
    if (limits.eventCountLimit === 0) {
      diag.warn('No events allowed.');
      this.droppedEventsCount++;
      return;
    }
    if (this.events.length >= limits.eventCountLimit) {
      if (this.droppedEventsCount === 0) diag.debug('Dropping extra events.');
      this.events.shift();
      this.droppedEventsCount++;
    }
    const isTime = isTimeInput(attributesOrTime);
    const at = isTime && !isTimeInput(givenAt) ? attributesOrTime : givenAt;
    const time = resolveTime(at, this);
    const given = isTime ? undefined : attributesOrTime;
    const { guard } = limits;
    if (guard === undefined)
      this.events.push({ name, time, ...cleanSimpleAttributes(given, eventLimits(limits)) });
    else {
      const details = detailAttributes(given, eventLimits(limits), true);
      if (details.refusedCount > 0) guard.dropped(details.refusedCount);
      this.events.push({ name: shortText(name), time, ...details.clean });
    }
  }

  private takeStatus({ code, message }: SpanStatus): void {
    if (code === SpanStatusCode.UNSET || this.state?.code === SpanStatusCode.OK) return;
    this.status = { code };
    if (code !== SpanStatusCode.ERROR) return;
    if (typeof message === 'string') {
      this.status.message = this.shared.limits.guard === undefined ? message : shortText(message);
    } else if (message !== undefined && message !== null) {
      diag.warn(`Dropping invalid status.message of type '${typeof message}', expected 'string'`);
    }
  }

  /** Counts what is not taken, or throws where nobody guards the application. */
  private survive(error: unknown): void {
    const { guard } = this.shared.limits;
    if (guard === undefined) throw error;
    guard.dropped(1);
    diag.warn(`A part of a span was not taken: ${errorDetails(error)}`);
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

  private isEnded(): boolean {
    if (this.ended) {
      const { traceId, spanId } = this.lazyContext;
      diag.warn(
        `Cannot execute the operation on ended Span {traceId: ${traceId}, spanId: ${spanId}}`,
        new Error(`Operation attempted on ended Span {traceId: ${traceId}, spanId: ${spanId}}`),
      );
    }
    return this.ended;
  }
}

function eventLimits(limits: GuardedLimits): AttributeLimits {
  return {
    attributeCountLimit: limits.attributePerEventCountLimit,
    attributeValueLengthLimit: limits.attributeValueLengthLimit,
  };
}

/** A link with attributes that are valid and within limits. */
export function sanitizeLink({ context, attributes }: Link, limits: GuardedLimits): Link {
  const linkLimits = {
    attributeCountLimit: limits.attributePerLinkCountLimit,
    attributeValueLengthLimit: limits.attributeValueLengthLimit,
  };
  const { guard } = limits;
  if (guard === undefined) return { context, ...cleanAttributes(attributes, linkLimits) };
  const { clean, refusedCount } = detailAttributes(attributes, linkLimits, false);
  if (refusedCount > 0) guard.dropped(refusedCount);
  return { context, ...clean };
}
