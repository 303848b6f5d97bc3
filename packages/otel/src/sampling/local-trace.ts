import { type HrTime, SpanStatusCode } from '@opentelemetry/api';
import { hrTimeDuration, hrTimeToMilliseconds } from '@opentelemetry/core';
import type { ReadableSpan, Span } from '@opentelemetry/sdk-trace';
import { ATTR_UNFINISHED } from '../shutdown/unended-spans.ts';
import type { KeepRule } from '../options.ts';

/** What is to become of a local trace; undecided while it may still fail or take long. */
export type Decision = 'undecided' | 'kept' | 'given up';

/** Whether a span failed, or was cut off by the end of the process. */
function failed(span: ReadableSpan): boolean {
  return span.status.code === SpanStatusCode.ERROR || span.attributes[ATTR_UNFINISHED] === true;
}

/** What of a trace happens in this process: a local root and all the spans below it. */
export class LocalTrace {
  readonly #root: Span;
  readonly #keepsErrors: boolean;
  readonly #slowMs: number;
  #open = 0;
  #held: ReadableSpan[] = [];
  decision: Decision = 'undecided';

  /** @param root the span without a parent in this process */
  constructor(root: Span, rules: readonly KeepRule[]) {
    this.#root = root;
    this.#keepsErrors = rules.includes('error');
    this.#slowMs = Math.min(...rules.map((rule) => (rule === 'error' ? Infinity : rule.slowerThanMs)));
  }

  /** How many ended spans wait for the decision. */
  get heldCount(): number {
    return this.#held.length;
  }

  started(): void {
    this.#open++;
  }

  /** Takes in an ended span and decides if that is possible now: with the first span that a rule keeps, or the last. */
  ended(span: ReadableSpan): void {
    this.#open--;
    this.#held.push(span);
    if (this.#isKept(span)) this.decision = 'kept';
    else if (this.#open === 0) this.decision = 'given up';
  }

  /** Gives up the spans that waited. */
  release(): ReadableSpan[] {
    const held = this.#held;
    this.#held = [];
    return held;
  }

  #isKept(span: ReadableSpan): boolean {
    if (this.#keepsErrors && failed(span)) return true;
    // Spans that end after their local root do not make that slower.
    const isWithin = !this.#root.ended || span.spanContext().spanId === this.#root.spanContext().spanId;
    return isWithin && this.#lasted(span.endTime) > this.#slowMs;
  }

  #lasted(until: HrTime): number {
    return hrTimeToMilliseconds(hrTimeDuration(this.#root.startTime, until));
  }
}
