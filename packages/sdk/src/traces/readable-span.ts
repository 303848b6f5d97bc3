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

import { SpanBase } from './span-base.ts';
import { LazySpanContext } from './lazy-span-context.ts';
import type { SpanAttributes } from './span-attributes.ts';
import type { MultiSpanProcessor } from './multi-span-processor.ts';
import type { GuardedLimits } from './span-limits.ts';
import { type SpanStart, parseTimeInput } from './span-time.ts';
import type { AttributeParts, HasAttributeParts } from '../fast-path.ts';
import { clock } from '../context/clock.ts';

/** What all spans of a tracer share. */
export interface TracerSharedState {
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
  readonly limits: GuardedLimits;
  readonly processors: MultiSpanProcessor;
}

/** What is known of a span that is recorded. What only processors and exporters look at is made when they do. */
export class LeanReadableSpan extends SpanBase implements ReadableSpan, SpanStart, HasAttributeParts {
  name: string;
  readonly kind: SpanKind;
  ended = false;
  droppedEventsCount = 0;
  droppedLinksCount = 0;
  /** @internal Where it stands among the open spans; -1 when it does not. */
  unendedIndex = -1;

  readonly startMs: number;
  readonly wallMs: number;
  isStartGiven = false;
  protected endMs = -1;
  protected readonly shared: TracerSharedState;
  protected readonly attributeStore: SpanAttributes;
  protected state: SpanStatus | undefined;
  protected finished: HrTime | undefined;
  protected lasted: HrTime | undefined;
  private readonly parent: LazySpanContext | SpanContext | undefined;
  private linkList: Link[] | undefined;
  private eventList: TimedEvent[] | undefined;
  private beganAt: HrTime | undefined;

  /** @param parent what its parent is known by */
  constructor(
    origin: TracerSharedState,
    identity: LazySpanContext,
    name: string,
    kind: SpanKind,
    parent: LazySpanContext | SpanContext | undefined,
    attributes: SpanAttributes,
  ) {
    super(identity);
    this.shared = origin;
    this.name = name;
    this.kind = kind;
    this.parent = parent;
    this.attributeStore = attributes;
    this.wallMs = Date.now();
    this.startMs = clock.now();
  }

  /** @internal The time at which the application says that it began. */
  beginAt(time: TimeInput): void {
    this.isStartGiven = true;
    this.beganAt = parseTimeInput(time, this) ?? millisToHrTime(this.wallMs);
  }

  /** @internal What it begins with: cleaned, in number not yet. */
  beginWith(links: Link[]): void {
    const dropped = Math.max(0, links.length - this.shared.limits.linkCountLimit);
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

  attributeParts(asked: object): AttributeParts | undefined {
    return asked === this && SpanBase.isSpanBase(this) ? this.attributeStore.parts : undefined;
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
    return (this.beganAt ??= millisToHrTime(this.wallMs));
  }

  set startTime(time: HrTime) {
    this.beganAt = time;
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
function inspected(this: LeanReadableSpan, _depth: number, options: InspectOptions): string {
  const { name, kind, parentSpanContext, status, startTime, endTime, duration, ended } = this;
  const { attributes, events, links, instrumentationScope } = this;
  const own = { name, kind, spanContext: this.spanContext(), parentSpanContext, status, startTime, endTime };
  const rest = { duration, ended, attributes, events, links, instrumentationScope };
  return `LeanSpan ${inspect({ ...own, ...rest }, options)}`;
}

Object.defineProperty(LeanReadableSpan.prototype, inspect.custom, { value: inspected });
