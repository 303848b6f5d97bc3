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
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace';
import type { AttributeParts, HasAttributeParts } from '@sonde/exporters';
import { clock } from '../clock.ts';
import { Identified } from './identified.ts';
import { Identity } from './identity.ts';
import type { SpanAttributes } from './span-attributes.ts';
import type { SpanFanOut } from './span-fan-out.ts';
import type { GuardedLimits } from './span-limits.ts';
import { type Beginning, givenTime } from './time-input.ts';

/** What all spans of a tracer share. */
export interface SpanOrigin {
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
  readonly limits: GuardedLimits;
  readonly processors: SpanFanOut;
}

/** What is known of a span that is recorded. What only processors and exporters look at is made when they do. */
export class SpanRecord extends Identified implements ReadableSpan, Beginning, HasAttributeParts {
  name: string;
  readonly kind: SpanKind;
  ended = false;
  droppedEventsCount = 0;
  droppedLinksCount = 0;
  /** @internal Where it stands among the open spans; -1 when it does not. */
  place = -1;

  readonly startMs: number;
  readonly wallMs: number;
  isStartGiven = false;
  protected endMs = -1;
  protected readonly origin: SpanOrigin;
  protected readonly held: SpanAttributes;
  protected state: SpanStatus | undefined;
  protected finished: HrTime | undefined;
  protected lasted: HrTime | undefined;
  private readonly parent: Identity | SpanContext | undefined;
  private linkList: Link[] | undefined;
  private eventList: TimedEvent[] | undefined;
  private begun: HrTime | undefined;

  /** @param parent what its parent is known by */
  constructor(
    origin: SpanOrigin,
    identity: Identity,
    name: string,
    kind: SpanKind,
    parent: Identity | SpanContext | undefined,
    attributes: SpanAttributes,
  ) {
    super(identity);
    this.origin = origin;
    this.name = name;
    this.kind = kind;
    this.parent = parent;
    this.held = attributes;
    this.wallMs = Date.now();
    this.startMs = clock.now();
  }

  /** @internal The time at which the application says that it began. */
  beginAt(time: TimeInput): void {
    this.isStartGiven = true;
    this.begun = givenTime(time, this) ?? millisToHrTime(this.wallMs);
  }

  /** @internal What it begins with: cleaned, in number not yet. */
  beginWith(links: Link[]): void {
    const dropped = Math.max(0, links.length - this.origin.limits.linkCountLimit);
    this.linkList = dropped === 0 ? links : links.slice(dropped);
    this.droppedLinksCount = dropped;
  }

  get status(): SpanStatus {
    return (this.state ??= { code: SpanStatusCode.UNSET });
  }

  set status(status: SpanStatus) {
    this.state = status;
  }

  /** Whether there may be events, links or a status. */
  get hasDetails(): boolean {
    return this.eventList !== undefined || this.linkList !== undefined || this.state !== undefined;
  }

  get resource(): Resource {
    return this.origin.resource;
  }

  get instrumentationScope(): InstrumentationScope {
    return this.origin.scope;
  }

  get parentSpanContext(): SpanContext {
    return (this.parent instanceof Identity ? this.parent.context : this.parent) as SpanContext;
  }

  get attributes(): Attributes {
    return this.held.object;
  }

  set attributes(attributes: Attributes) {
    this.held.object = attributes;
  }

  get droppedAttributesCount(): number {
    return this.held.droppedCount;
  }

  attributeParts(asked: object): AttributeParts | undefined {
    return asked === this && Identified.is(this) ? this.held.parts : undefined;
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
