import { inspect, type InspectOptions } from 'node:util';
import {
  type Attributes,
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
import type { ReadableSpan, SpanLimits, TimedEvent } from '@opentelemetry/sdk-trace';
import type { AttributeParts, HasAttributeParts } from '@sonde/exporters';
import type { SpanFanOut } from './span-fan-out.ts';
import type { CleanAttributes } from '../start-attributes.ts';
import { type Beginning, givenTime } from './time-input.ts';

/** What all spans of a tracer share. */
export interface SpanOrigin {
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
  readonly limits: Required<SpanLimits>;
  readonly processors: SpanFanOut;
}

/** What a span is known by when it starts. */
export interface SpanStart {
  readonly name: string;
  readonly kind: SpanKind;
  readonly spanContext: SpanContext;
  readonly parentSpanContext: SpanContext | undefined;
  readonly attributes: CleanAttributes;
  /** Cleaned, in number not yet. */
  readonly links: Link[] | undefined;
  readonly startTime: TimeInput | undefined;
}

const none: Attributes = Object.freeze({});

/**
 * What is known of a span. What only processors and exporters look at is made when they do.
 *
 * Its members are not `#private`, but for the one that tells it from these: processors hand on proxies of spans, and objects that inherit from them.
 */
export class SpanRecord implements ReadableSpan, Beginning, AttributeParts, HasAttributeParts {
  // What inherits from a span or stands for it as a proxy has it not.
  readonly #isItself = true;
  name: string;
  readonly kind: SpanKind;
  readonly parentSpanContext?: SpanContext;
  status: SpanStatus = { code: SpanStatusCode.UNSET };
  ended = false;
  droppedAttributesCount: number;
  droppedEventsCount = 0;
  droppedLinksCount = 0;

  readonly startMs: number;
  readonly wallMs: number;
  readonly isStartGiven: boolean;
  protected endMs = -1;
  protected readonly origin: SpanOrigin;
  protected readonly context: SpanContext;
  protected attributeCount: number;
  protected finished: HrTime | undefined;
  protected lasted: HrTime | undefined;
  protected shared: Attributes;
  protected own: Attributes | undefined;
  private linkList: Link[] | undefined;
  private eventList: TimedEvent[] | undefined;
  private begun: HrTime | undefined;

  constructor(origin: SpanOrigin, start: SpanStart) {
    this.origin = origin;
    this.context = start.spanContext;
    this.name = start.name;
    this.kind = start.kind;
    // Always there, so that all spans have one shape.
    this.parentSpanContext = start.parentSpanContext as SpanContext;
    const { attributes, count, droppedCount, isShared } = start.attributes;
    this.shared = isShared ? attributes : none;
    this.own = isShared ? undefined : attributes;
    this.attributeCount = count;
    this.droppedAttributesCount = droppedCount;
    this.wallMs = Date.now();
    this.startMs = performance.now();
    this.isStartGiven = start.startTime !== undefined && start.startTime !== null;
    if (this.isStartGiven) {
      this.begun = givenTime(start.startTime, this) ?? millisToHrTime(this.wallMs);
    }
    if (start.links !== undefined) this.begin(start.links);
  }

  get resource(): Resource {
    return this.origin.resource;
  }

  get instrumentationScope(): InstrumentationScope {
    return this.origin.scope;
  }

  /** Always the span's own object, with all of its attributes: processors write into it. */
  get attributes(): Attributes {
    if (this.shared !== none) {
      this.own = { ...this.shared, ...this.own };
      this.shared = none;
    }
    return (this.own ??= {});
  }

  set attributes(attributes: Attributes) {
    this.shared = none;
    this.own = attributes;
  }

  get sharedAttributes(): Attributes {
    return this.shared;
  }

  get ownAttributes(): Attributes | undefined {
    return this.own;
  }

  attributeParts(asked: object): AttributeParts | undefined {
    return asked === this && #isItself in this && this.#isItself ? this : undefined;
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
    return (this.begun ??= millisToHrTime(this.wallMs));
  }

  set startTime(time: HrTime) {
    this.begun = time;
  }

  get endTime(): HrTime {
    if (this.finished === undefined) {
      if (this.endMs === -1) return [0, 0];
      this.finished = addHrTimes(this.startTime, millisToHrTime(this.endMs - this.startMs));
    }
    return this.finished;
  }

  set endTime(time: HrTime) {
    this.finished = time;
  }

  get duration(): HrTime {
    if (this.lasted === undefined) {
      if (this.endMs === -1) return [-1, -1];
      this.lasted = hrTimeDuration(this.startTime, this.endTime);
    }
    return this.lasted;
  }

  spanContext(): SpanContext {
    return this.context;
  }

  private begin(links: Link[]): void {
    const dropped = Math.max(0, links.length - this.origin.limits.linkCountLimit);
    this.linkList = dropped === 0 ? links : links.slice(dropped);
    this.droppedLinksCount = dropped;
  }
}

/** What `console.log` shows: the span, and not how it is stored. */
function inspected(this: SpanRecord, _depth: number, options: InspectOptions): string {
  const { name, kind, parentSpanContext, status, startTime, endTime, duration, ended } = this;
  const { attributes, events, links, instrumentationScope } = this;
  const own = { name, kind, spanContext: this.spanContext(), parentSpanContext, status, startTime, endTime };
  const rest = { duration, ended, attributes, events, links, instrumentationScope };
  return `LeanSpan ${inspect({ ...own, ...rest }, options)}`;
}

Object.defineProperty(SpanRecord.prototype, inspect.custom, { value: inspected });
