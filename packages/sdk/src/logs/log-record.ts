import {
  type AnyValue,
  type Attributes,
  diag,
  type HrTime,
  type LogRecord,
  type SeverityNumber,
  type SpanContext,
} from '@opentelemetry/api';
import { type InstrumentationScope, millisToHrTime, timeInputToHrTime } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { ReadWriteLogRecord } from '@opentelemetry/sdk-logs';

import { convertedAttributes, convertedValue, recordConverter } from './converted-attributes.ts';
import { addLogAttribute } from './log-limits.ts';
import type { HasSpanIds, SpanIds } from '../fast-path.ts';
import { isPlainValue } from '../values/value-converter.ts';
import type { Guard } from '../loss-counter.ts';
import type {
  AttributeLimits,
  AttributeSanitizer,
  SanitizedAttributes,
} from '../attributes/attribute-sanitizer.ts';
import { toExceptionAttributes, toText } from '../attributes/exception-attributes.ts';
import { LazySpanContext } from '../traces/lazy-span-context.ts';

/** What all records of a logger share. */
export interface LoggerSharedState {
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
  readonly limits: AttributeLimits;
  readonly startAttributes: AttributeSanitizer;
  /** With one, values are converted that upstream refuses. */
  readonly guard?: Guard | undefined;
}

/**
 * A log record. Processors may change it while it is emitted, and only read it afterwards.
 *
 * Its members are not `#private`: processors hand on proxies of records, and objects that inherit from them.
 *
 * @see https://opentelemetry.io/docs/specs/otel/logs/sdk/#readwritelogrecord
 */
export class LeanLogRecord implements ReadWriteLogRecord, HasSpanIds {
  // What inherits from a record or stands for it as a proxy has it not.
  readonly #isItself = true;
  droppedAttributesCount: number;
  /** How many attributes there are, for their limit. */
  attributeCount: number;
  private readonly shared: LoggerSharedState;
  private readonly wallMs: number;
  private time: HrTime | undefined;
  private observed: HrTime | undefined;
  private context: LazySpanContext | SpanContext | undefined;
  private severity: SeverityNumber | undefined;
  private severityName: string | undefined;
  private content: AnyValue;
  private event: string | undefined;
  private attributeStore: Attributes;
  private isShared: boolean;
  private isEmitted = false;

  constructor(origin: LoggerSharedState, given: LogRecord, span: LazySpanContext | SpanContext | undefined) {
    this.shared = origin;
    this.wallMs = Date.now();
    const { timestamp, observedTimestamp, exception } = given;
    this.time = timestamp === undefined || timestamp === null ? undefined : timeInputToHrTime(timestamp);
    this.observed =
      observedTimestamp === undefined || observedTimestamp === null
        ? undefined
        : timeInputToHrTime(observedTimestamp);
    this.context = span;
    this.severity = given.severityNumber;
    this.severityName = given.severityText;
    this.event = given.eventName;
    const { attributes, count, droppedCount, isShared } = this.begin(given);
    this.attributeStore = attributes;
    this.attributeCount = count;
    this.isShared = isShared;
    this.droppedAttributesCount = droppedCount;
    if (exception !== undefined && exception !== null) this.describe(exception);
  }

  get resource(): Resource {
    return this.shared.resource;
  }

  get instrumentationScope(): InstrumentationScope {
    return this.shared.scope;
  }

  /** Always the record's own object: processors write into it. */
  get attributes(): Attributes {
    if (this.isShared) {
      this.attributeStore = { ...this.attributeStore };
      this.isShared = false;
    }
    return this.attributeStore;
  }

  get hrTime(): HrTime {
    return (this.time ??= millisToHrTime(this.wallMs));
  }

  set hrTime(time: HrTime) {
    if (this.isOpen()) this.time = time;
  }

  get hrTimeObserved(): HrTime {
    return (this.observed ??= millisToHrTime(this.wallMs));
  }

  set hrTimeObserved(time: HrTime) {
    if (this.isOpen()) this.observed = time;
  }

  get spanContext(): SpanContext {
    return (this.context instanceof LazySpanContext ? this.context.context : this.context) as SpanContext;
  }

  spanIds(asked: object): SpanIds | undefined {
    const isItself = asked === this && #isItself in this && this.#isItself;
    return isItself && this.context instanceof LazySpanContext ? this.context : undefined;
  }

  set spanContext(spanContext: SpanContext) {
    if (this.isOpen()) this.context = spanContext;
  }

  get severityNumber(): SeverityNumber {
    return this.severity as SeverityNumber;
  }

  set severityNumber(severity: SeverityNumber) {
    if (this.isOpen()) this.severity = severity;
  }

  get severityText(): string {
    return this.severityName as string;
  }

  set severityText(name: string) {
    if (this.isOpen()) this.severityName = name;
  }

  get body(): AnyValue {
    return this.content;
  }

  set body(body: AnyValue) {
    if (this.isOpen()) this.content = this.isConverted(body) ? this.convert(body) : body;
  }

  get eventName(): string {
    return this.event as string;
  }

  set eventName(name: string) {
    if (this.isOpen()) this.event = name;
  }

  setAttribute(key: string, value?: AnyValue): this {
    if (!this.isOpen()) return this;
    const { limits } = this.shared;
    if (this.isConverted(value)) {
      addLogAttribute(this, [key, convertedValue(value, limits, recordConverter(limits))], limits);
    } else addLogAttribute(this, [key, value], limits);
    return this;
  }

  setAttributes(attributes: Attributes): this {
    for (const [key, value] of Object.entries(attributes)) this.setAttribute(key, value);
    return this;
  }

  setBody(body: AnyValue): this {
    this.body = body;
    return this;
  }

  setEventName(name: string): this {
    this.eventName = name;
    return this;
  }

  setSeverityNumber(severity: SeverityNumber): this {
    this.severityNumber = severity;
    return this;
  }

  setSeverityText(name: string): this {
    this.severityText = name;
    return this;
  }

  /** @internal From now on the record is only read. */
  close(): void {
    this.isEmitted = true;
  }

  /** Takes the body, and gives the attributes to begin with: both share one budget. */
  private begin({ body, attributes }: LogRecord): SanitizedAttributes {
    const { limits, startAttributes } = this.shared;
    this.content = body;
    if (!this.isConverted(body)) return startAttributes.sanitize(attributes);
    const converter = recordConverter(limits);
    this.content = converter.convert(body);
    return convertedAttributes(attributes, limits, converter);
  }

  private isConverted(value: unknown): boolean {
    return this.shared.guard !== undefined && !isPlainValue(value);
  }

  private convert(value: unknown): AnyValue {
    return recordConverter(this.shared.limits).convert(value);
  }

  private isOpen(): boolean {
    if (this.isEmitted) diag.warn('Can not execute the operation on emitted log record');
    return !this.isEmitted;
  }

  /** What the record says itself of its exception stands. */
  private describe(exception: unknown): void {
    const isKnown = ['string', 'number', 'object'].includes(typeof exception);
    const described = isKnown
      ? toExceptionAttributes(typeof exception === 'number' ? String(exception) : exception)
      : {};
    const entries = Object.entries(described);
    for (const [key, value] of entries) {
      if (!Object.hasOwn(this.attributes, key)) this.setAttribute(key, value);
    }
    if (entries.length === 0) diag.warn(`Failed to record an exception ${toText(exception)}`);
  }
}
