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
import type { HasSpanIds, SpanIds } from '@sonde/exporters';
import { isPlainValue } from '@sonde/exporters/internal';
import { convertedAttributes, convertedValue, recordConverter } from './converted-attributes.ts';
import { addLogAttribute } from './log-limits.ts';
import type { Guard } from '../guard.ts';
import type { AttributeLimits, CleanAttributes, StartAttributes } from '../start-attributes.ts';
import { text, thrownAttributes } from '../thrown.ts';
import { Identity } from '../traces/identity.ts';

/** What all records of a logger share. */
export interface LogOrigin {
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
  readonly limits: AttributeLimits;
  readonly startAttributes: StartAttributes;
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
  private readonly origin: LogOrigin;
  private readonly wallMs: number;
  private time: HrTime | undefined;
  private observed: HrTime | undefined;
  private of: Identity | SpanContext | undefined;
  private severity: SeverityNumber | undefined;
  private severityName: string | undefined;
  private content: AnyValue;
  private event: string | undefined;
  private held: Attributes;
  private isShared: boolean;
  private isEmitted = false;

  constructor(origin: LogOrigin, given: LogRecord, span: Identity | SpanContext | undefined) {
    this.origin = origin;
    this.wallMs = Date.now();
    const { timestamp, observedTimestamp, exception } = given;
    this.time = timestamp === undefined || timestamp === null ? undefined : timeInputToHrTime(timestamp);
    this.observed =
      observedTimestamp === undefined || observedTimestamp === null
        ? undefined
        : timeInputToHrTime(observedTimestamp);
    this.of = span;
    this.severity = given.severityNumber;
    this.severityName = given.severityText;
    this.event = given.eventName;
    const { attributes, count, droppedCount, isShared } = this.begin(given);
    this.held = attributes;
    this.attributeCount = count;
    this.isShared = isShared;
    this.droppedAttributesCount = droppedCount;
    if (exception !== undefined && exception !== null) this.describe(exception);
  }

  get resource(): Resource {
    return this.origin.resource;
  }

  get instrumentationScope(): InstrumentationScope {
    return this.origin.scope;
  }

  /** Always the record's own object: processors write into it. */
  get attributes(): Attributes {
    if (this.isShared) {
      this.held = { ...this.held };
      this.isShared = false;
    }
    return this.held;
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
    return (this.of instanceof Identity ? this.of.context : this.of) as SpanContext;
  }

  spanIds(asked: object): SpanIds | undefined {
    const isItself = asked === this && #isItself in this && this.#isItself;
    return isItself && this.of instanceof Identity ? this.of : undefined;
  }

  set spanContext(spanContext: SpanContext) {
    if (this.isOpen()) this.of = spanContext;
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
    const { limits } = this.origin;
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
  private begin({ body, attributes }: LogRecord): CleanAttributes {
    const { limits, startAttributes } = this.origin;
    this.content = body;
    if (!this.isConverted(body)) return startAttributes.of(attributes);
    const converter = recordConverter(limits);
    this.content = converter.convert(body);
    return convertedAttributes(attributes, limits, converter);
  }

  private isConverted(value: unknown): boolean {
    return this.origin.guard !== undefined && !isPlainValue(value);
  }

  private convert(value: unknown): AnyValue {
    return recordConverter(this.origin.limits).convert(value);
  }

  private isOpen(): boolean {
    if (this.isEmitted) diag.warn('Can not execute the operation on emitted log record');
    return !this.isEmitted;
  }

  /** What the record says itself of its exception stands. */
  private describe(exception: unknown): void {
    const isKnown = ['string', 'number', 'object'].includes(typeof exception);
    const described = isKnown
      ? thrownAttributes(typeof exception === 'number' ? String(exception) : exception)
      : {};
    const entries = Object.entries(described);
    for (const [key, value] of entries) {
      if (!Object.hasOwn(this.attributes, key)) this.setAttribute(key, value);
    }
    if (entries.length === 0) diag.warn(`Failed to record an exception ${text(exception)}`);
  }
}
