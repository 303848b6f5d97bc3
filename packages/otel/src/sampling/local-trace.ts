import { type HrTime, SpanStatusCode } from '@opentelemetry/api';
import { hrTimeDuration, hrTimeToMilliseconds } from '@opentelemetry/core';
import type { ReadableSpan, Span } from '@opentelemetry/sdk-trace';
import { ATTR_UNFINISHED } from '../shutdown/unended-spans.ts';
import type { KeepRule } from '../options.ts';

/** The sampling decision of a local trace. */
export type Decision = 'undecided' | 'kept' | 'dropped';

/** Whether a span has status ERROR, or was still open at process exit. */
function failed(span: ReadableSpan): boolean {
  return span.status.code === SpanStatusCode.ERROR || span.attributes[ATTR_UNFINISHED] === true;
}

/** The part of a trace in this process: a local root span and its descendants. */
export class LocalTrace {
  readonly #root: Span;
  readonly #keepsErrors: boolean;
  readonly #slowMs: number;
  #open = 0;
  #held: ReadableSpan[] = [];
  decision: Decision = 'undecided';

  /** @param root the local root: a span without a parent in this process */
  constructor(root: Span, rules: readonly KeepRule[]) {
    this.#root = root;
    this.#keepsErrors = rules.includes('error');
    this.#slowMs = Math.min(...rules.map((rule) => (rule === 'error' ? Infinity : rule.slowerThanMs)));
  }

  /** Number of ended spans that await the decision. */
  get heldCount(): number {
    return this.#held.length;
  }

  started(): void {
    this.#open++;
  }

  /** Adds an ended span and decides if possible: kept when a rule matches, dropped when no open span is left. */
  ended(span: ReadableSpan): void {
    this.#open--;
    this.#held.push(span);
    if (this.#matchesRule(span)) this.decision = 'kept';
    else if (this.#open === 0) this.decision = 'dropped';
  }

  /** Removes and returns the held spans. */
  release(): ReadableSpan[] {
    const held = this.#held;
    this.#held = [];
    return held;
  }

  #matchesRule(span: ReadableSpan): boolean {
    if (this.#keepsErrors && failed(span)) return true;
    // Spans that end after their local root do not extend its duration.
    const isWithin = !this.#root.ended || span.spanContext().spanId === this.#root.spanContext().spanId;
    return isWithin && this.#elapsedMs(span.endTime) > this.#slowMs;
  }

  #elapsedMs(until: HrTime): number {
    return hrTimeToMilliseconds(hrTimeDuration(this.#root.startTime, until));
  }
}
