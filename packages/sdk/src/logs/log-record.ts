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

import { convertAttributes, convertValue, createRecordConverter } from './convert-attributes.ts';
import { addLogAttribute } from './log-limits.ts';
import type { HasSpanIds, SpanIds } from '../fast-path.ts';
import { isPlainValue } from '../values/value-converter.ts';
import type { DropCounter } from '../drop-counter.ts';
import type {
  AttributeLimits,
  AttributeSanitizer,
  SanitizedAttributes,
} from '../attributes/attribute-sanitizer.ts';
import { toIdentifier } from '../identity.ts';
import { coerceToText, upstreamExceptionAttributes } from '../attributes/exception.ts';
import { LazySpanContext } from '../traces/lazy-span-context.ts';

/** State that all records of a logger share. */
export interface LoggerSharedState {
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
  readonly limits: AttributeLimits;
  readonly startAttributes: AttributeSanitizer;
  /** If set, values that upstream rejects are converted. */
  readonly dropCounter?: DropCounter | undefined;
}

/**
 * A log record. Processors may change it while it is emitted, and only read it afterwards.
 *
 * Its fields are not `#private`, because processors pass on proxies of records and objects that inherit from them.
 *
 * @see https://opentelemetry.io/docs/specs/otel/logs/sdk/#readwritelogrecord
 */
export class LeanLogRecord implements ReadWriteLogRecord, HasSpanIds {
  // Absent from proxies and inheriting objects.
  readonly #isItself = true;
  droppedAttributesCount: number;
  /** The number of attributes, which the limit applies to. */
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

  constructor(shared: LoggerSharedState, record: LogRecord, span: LazySpanContext | SpanContext | undefined) {
    this.shared = shared;
    this.wallMs = Date.now();
    const { timestamp, observedTimestamp, exception } = record;
    this.time = timestamp === undefined || timestamp === null ? undefined : timeInputToHrTime(timestamp);
    this.observed =
      observedTimestamp === undefined || observedTimestamp === null
        ? undefined
        : timeInputToHrTime(observedTimestamp);
    this.context = span;
    const { severityNumber, severityText, eventName } = record;
    this.severity = typeof severityNumber === 'number' ? severityNumber : undefined;
    this.severityName = toIdentifier(severityText);
    this.event = toIdentifier(eventName);
    const { attributes, count, droppedCount, isShared } = this.initialize(record);
    this.attributeStore = attributes;
    this.attributeCount = count;
    this.isShared = isShared;
    this.droppedAttributesCount = droppedCount;
    if (exception !== undefined && exception !== null) this.addException(exception);
  }

  get resource(): Resource {
    return this.shared.resource;
  }

  get instrumentationScope(): InstrumentationScope {
    return this.shared.scope;
  }

  /** An object that belongs to this record: processors write into it. */
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

  spanIds(receiver: object): SpanIds | undefined {
    const isItself = receiver === this && #isItself in this && this.#isItself;
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
    if (this.isOpen()) this.content = this.needsConversion(body) ? this.convert(body) : body;
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
    if (this.needsConversion(value)) {
      addLogAttribute(this, [key, convertValue(value, limits, createRecordConverter(limits))], limits);
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

  /** @internal Makes the record read-only. */
  close(): void {
    this.isEmitted = true;
  }

  /** Sets the body and returns the initial attributes: both share one budget of the converter. */
  private initialize({ body, attributes }: LogRecord): SanitizedAttributes {
    const { limits, startAttributes } = this.shared;
    this.content = body;
    if (!this.needsConversion(body)) return startAttributes.sanitize(attributes);
    const converter = createRecordConverter(limits);
    this.content = converter.convert(body);
    return convertAttributes(attributes, limits, converter);
  }

  private needsConversion(value: unknown): boolean {
    return this.shared.dropCounter !== undefined && !isPlainValue(value);
  }

  private convert(value: unknown): AnyValue {
    return createRecordConverter(this.shared.limits).convert(value);
  }

  private isOpen(): boolean {
    if (this.isEmitted) diag.warn('Can not execute the operation on emitted log record');
    return !this.isEmitted;
  }

  /** Adds the attributes of an exception. Explicit `exception.*` attributes take precedence. */
  private addException(exception: unknown): void {
    const isSupported = ['string', 'number', 'object'].includes(typeof exception);
    const attributes = isSupported
      ? upstreamExceptionAttributes(typeof exception === 'number' ? String(exception) : exception)
      : {};
    const entries = Object.entries(attributes);
    for (const [key, value] of entries) {
      if (!Object.hasOwn(this.attributes, key)) this.setAttribute(key, value);
    }
    if (entries.length === 0) diag.warn(`Failed to record an exception ${coerceToText(exception)}`);
  }
}
