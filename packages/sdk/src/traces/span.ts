import { inspect, type InspectOptions } from 'node:util';
import {
  type Attributes,
  type AttributeValue,
  diag,
  type Exception,
  type HrTime,
  type Link,
  type SpanContext,
  type SpanKind,
  type SpanStatus,
  SpanStatusCode,
  type TimeInput,
} from '@opentelemetry/api';
import { addHrTimes, hrTimeDuration, type InstrumentationScope, millisToHrTime } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { Span, TimedEvent } from '@opentelemetry/sdk-trace';
import { LazySpanContext } from './lazy-span-context.ts';
import type { TracerSharedState } from './multi-span-processor.ts';
import type { SpanAttributes } from './span-attributes.ts';
import { SpanBase } from './span-base.ts';
import { createSpanEvent, exceptionEventAttributes } from './span-event.ts';
import { inspectSpan } from './span-inspection.ts';
import { parseTimeInput, resolveTime, type SpanStart } from './span-time.ts';
import { sanitizeLink, truncateText } from './span-values.ts';
import { errorDetails } from '../attributes/exception.ts';
import { clock } from '../context/clock.ts';
import type { AttributeParts, FastSpan, HasAttributeParts } from '../fast-path.ts';

/**
 * A recording span. It behaves as the span of upstream's SDK does, and creates values that only processors and exporters
 * read, such as times, when they are read.
 *
 * @see https://opentelemetry.io/docs/specs/otel/trace/api/#span-operations
 */
export class LeanSpan extends SpanBase implements Span, SpanStart, FastSpan, HasAttributeParts {
  name: string;
  readonly kind: SpanKind;
  ended = false;
  droppedEventsCount = 0;
  droppedLinksCount = 0;
  /** @internal Index in the list of unended spans; -1 outside the list. */
  unendedIndex = -1;
  readonly startMs: number;
  readonly wallMs: number;
  isStartGiven = false;
  private endMs = -1;
  private readonly shared: TracerSharedState;
  private readonly attributeStore: SpanAttributes;
  private statusValue: SpanStatus | undefined;
  private endedAt: HrTime | undefined;
  private durationTime: HrTime | undefined;
  private readonly parent: LazySpanContext | SpanContext | undefined;
  private linkList: Link[] | undefined;
  private eventList: TimedEvent[] | undefined;
  private startedAt: HrTime | undefined;

  /** @param parent the context of the parent span */
  constructor(
    shared: TracerSharedState,
    identity: LazySpanContext,
    name: string,
    kind: SpanKind,
    parent: LazySpanContext | SpanContext | undefined,
    attributes: SpanAttributes,
  ) {
    super(identity);
    this.shared = shared;
    this.name = name;
    this.kind = kind;
    this.parent = parent;
    this.attributeStore = attributes;
    this.wallMs = Date.now();
    this.startMs = clock.now();
  }

  /** @internal Sets a start time that the application has passed. */
  setStartTime(time: TimeInput): void {
    this.isStartGiven = true;
    this.startedAt = parseTimeInput(time, this) ?? millisToHrTime(this.wallMs);
  }

  /** @internal Sets sanitized links and applies the limit of their number. */
  setInitialLinks(links: Link[]): void {
    const dropped = Math.max(0, links.length - this.shared.limits.linkCountLimit);
    this.linkList = dropped === 0 ? links : links.slice(dropped);
    this.droppedLinksCount = dropped;
  }

  get status(): SpanStatus {
    return (this.statusValue ??= { code: SpanStatusCode.UNSET });
  }

  set status(status: SpanStatus) {
    this.statusValue = status;
  }

  /** Whether events, links or a status may be present. */
  get hasDetails(): boolean {
    return this.eventList !== undefined || this.linkList !== undefined || this.statusValue !== undefined;
  }

  get resource(): Resource {
    return this.shared.resource;
  }

  get instrumentationScope(): InstrumentationScope {
    return this.shared.scope;
  }

  get parentSpanContext(): SpanContext {
    return (this.parent instanceof LazySpanContext ? this.parent.context : this.parent) as SpanContext;
  }

  get attributes(): Attributes {
    return this.attributeStore.object;
  }

  set attributes(attributes: Attributes) {
    this.attributeStore.object = attributes;
  }

  get droppedAttributesCount(): number {
    return this.attributeStore.droppedCount;
  }

  attributeParts(receiver: object): AttributeParts | undefined {
    return receiver === this && SpanBase.isSpanBase(this) ? this.attributeStore.parts : undefined;
  }

  get links(): Link[] {
    return (this.linkList ??= []);
  }

  set links(links: Link[]) {
    this.linkList = links;
  }

  get events(): TimedEvent[] {
    return (this.eventList ??= []);
  }

  set events(events: TimedEvent[]) {
    this.eventList = events;
  }

  get startTime(): HrTime {
    return (this.startedAt ??= millisToHrTime(this.wallMs));
  }

  set startTime(time: HrTime) {
    this.startedAt = time;
  }

  get endTime(): HrTime {
    if (this.endedAt === undefined) {
      if (this.endMs === -1) return [0, 0];
      this.endedAt = addHrTimes(this.startTime, millisToHrTime(this.endMs - this.startMs));
    }
    return this.endedAt;
  }

  set endTime(time: HrTime) {
    this.endedAt = time;
  }

  get duration(): HrTime {
    if (this.durationTime === undefined) {
      if (this.endMs === -1) return [-1, -1];
      this.durationTime = hrTimeDuration(this.startTime, this.endTime);
    }
    return this.durationTime;
  }

  isRecording(): boolean {
    return !this.ended;
  }

  setAttribute(key: string, value: AttributeValue): this {
    if (!this.isEnded()) this.attributeStore.set(key, value);
    return this;
  }

  setAttributes(attributes: Attributes): this {
    if (!this.ended) this.attributeStore.setAll(attributes);
    else if (this.shared.limits.dropCounter !== undefined) this.isEnded();
    // Upstream warns about each one.
    else for (const key in attributes) if (Object.hasOwn(attributes, key)) this.isEnded();
    return this;
  }

  adopt(attributes: Attributes): void {
    if (!this.ended && !this.attributeStore.adopt(attributes)) this.attributeStore.setAll(attributes);
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, explicitTime?: TimeInput): this {
    if (this.isEnded()) return this;
    try {
      if (this.makeRoomForEvent()) {
        this.events.push(createSpanEvent(name, attributesOrTime, explicitTime, this, this.shared.limits));
      }
    } catch (error) {
      this.dropPart(error);
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
      this.dropPart(error);
      this.droppedLinksCount++;
    }
    return this;
  }

  addLinks(links: Link[]): this {
    try {
      const { dropCounter } = this.shared.limits;
      for (const link of dropCounter === undefined || Array.isArray(links) ? links : []) this.addLink(link);
    } catch (error) {
      this.dropPart(error);
    }
    return this;
  }

  setStatus(status: SpanStatus): this {
    if (this.isEnded()) return this;
    try {
      this.applyStatus(status);
    } catch (error) {
      this.dropPart(error);
    }
    return this;
  }

  updateName(name: string): this {
    if (!this.isEnded()) this.name = this.shared.limits.dropCounter === undefined ? name : truncateText(name);
    return this;
  }

  recordException(exception: Exception, time?: TimeInput): void {
    const attributes = exceptionEventAttributes(exception, this.shared.limits);
    if (attributes !== undefined) this.addEvent('exception', attributes, time);
  }

  end(endTime?: TimeInput): void {
    try {
      this.finish(endTime);
    } catch (error) {
      const { dropCounter } = this.shared.limits;
      if (dropCounter === undefined) throw error;
      dropCounter.countItem(error);
    }
  }

  private finish(endTime: TimeInput | undefined): void {
    if (this.isEnded()) {
      const { traceId, spanId } = this.lazyContext;
      diag.error(`${this.name} ${traceId}-${spanId} - You can only call end() on a span once.`);
      return;
    }
    const nowMs = clock.now();
    this.endMs = this.isSinceStart(endTime, nowMs) ? endTime : nowMs;
    if (this.isStartGiven || (endTime !== undefined && endTime !== this.endMs)) {
      this.setEndTime(resolveTime(endTime, this));
    }
    const { droppedEventsCount: events, droppedLinksCount: links } = this;
    if (events > 0) diag.warn(`Dropped ${events} events because eventCountLimit reached`);
    if (links > 0) diag.warn(`Dropped ${links} links because linkCountLimit reached`);
    this.shared.processors.onEnding(this);
    this.ended = true;
    this.shared.processors.onEnd(this);
  }

  /** Drops the oldest event at the limit of their number. Returns false if the limit is 0. */
  private makeRoomForEvent(): boolean {
    const { eventCountLimit } = this.shared.limits;
    if (eventCountLimit === 0) diag.warn('No events allowed.');
    else if (this.events.length < eventCountLimit) return true;
    else {
      if (this.droppedEventsCount === 0) diag.debug('Dropping extra events.');
      this.events.shift();
    }
    this.droppedEventsCount++;
    return eventCountLimit !== 0;
  }

  private applyStatus({ code, message }: SpanStatus): void {
    if (code === SpanStatusCode.UNSET || this.statusValue?.code === SpanStatusCode.OK) return;
    if (typeof code !== 'number') throw new TypeError('a status code that is no number');
    this.status = { code };
    if (code !== SpanStatusCode.ERROR) return;
    if (typeof message === 'string') {
      this.status.message = this.shared.limits.dropCounter === undefined ? message : truncateText(message);
    } else if (message !== undefined && message !== null) {
      diag.warn(`Dropping invalid status.message of type '${typeof message}', expected 'string'`);
    }
  }

  /** Counts a part that cannot be recorded; throws as upstream does without a counter. */
  private dropPart(error: unknown): void {
    const { dropCounter } = this.shared.limits;
    if (dropCounter === undefined) throw error;
    dropCounter.countAttributes(1);
    diag.warn(`Dropped a part of a span: ${errorDetails(error)}`);
  }

  /** Whether a time is a reading of the monotonic clock since the span started. */
  private isSinceStart(time: TimeInput | undefined, nowMs: number): time is number {
    return typeof time === 'number' && time >= this.startMs && time <= nowMs;
  }

  private setEndTime(time: HrTime): void {
    this.endedAt = time;
    this.durationTime = hrTimeDuration(this.startTime, time);
    if (this.durationTime[0] >= 0) return;
    const order = 'Inconsistent start and end time, startTime > endTime. Setting span duration to 0ms.';
    diag.warn(order, this.startTime, time);
    this.endedAt = [...this.startTime];
    this.durationTime = [0, 0];
  }

  private isEnded(): boolean {
    if (this.ended) {
      const { traceId, spanId } = this.lazyContext;
      const span = `ended Span {traceId: ${traceId}, spanId: ${spanId}}`;
      diag.warn(`Cannot execute the operation on ${span}`, new Error(`Operation attempted on ${span}`));
    }
    return this.ended;
  }
}

Object.defineProperty(LeanSpan.prototype, inspect.custom, {
  value(this: LeanSpan, _depth: number, options: InspectOptions): string {
    return inspectSpan(this, options);
  },
});
