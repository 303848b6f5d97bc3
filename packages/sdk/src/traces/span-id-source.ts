import { randomFillSync } from 'node:crypto';
import type { SpanContext } from '@opentelemetry/api';
import type { IdGenerator } from '@opentelemetry/sdk-trace';
import { toHex } from './hex.ts';
import { LazySpanContext } from './lazy-span-context.ts';
import { TraceId } from './trace-id.ts';

/** Where new spans get their ids. */
export interface SpanIdSource {
  /** Of the first span of a trace. */
  forRoot(): LazySpanContext;
  /** @param parent what a span of this engine, or any valid one, is known by */
  forChild(parent: LazySpanContext | SpanContext): LazySpanContext;
}

const poolWords = 4096;
const wordsPerRoot = 6;

/** Random ids, for many at once. */
export class RandomIdSource implements SpanIdSource {
  readonly #words = new Int32Array(poolWords);
  #next = poolWords;

  forRoot(): LazySpanContext {
    const at = this.#allocate(wordsPerRoot);
    const words = this.#words;
    // An id of zeros is invalid, and this word is one in four thousand million times.
    const trace = new TraceId(words[at]! || 1, words[at + 1]!, words[at + 2]!, words[at + 3]!);
    return new LazySpanContext(trace, words[at + 4]! || 1, words[at + 5]!);
  }

  forChild(parent: LazySpanContext | SpanContext): LazySpanContext {
    const at = this.#allocate(2);
    const [word0, word1] = [this.#words[at]! || 1, this.#words[at + 1]!];
    const trace = parent instanceof LazySpanContext ? parent.traceWords : TraceId.parse(parent.traceId);
    return trace === undefined
      ? LazySpanContext.fromHex(parent.traceId, toHex(word0, word1))
      : new LazySpanContext(trace, word0, word1);
  }

  /** Where so many unused words begin. */
  #allocate(count: number): number {
    if (this.#next + count > poolWords) {
      randomFillSync(this.#words);
      this.#next = 0;
    }
    const start = this.#next;
    this.#next = start + count;
    return start;
  }
}

/** Ids of somebody's generator. */
export class CustomIdSource implements SpanIdSource {
  readonly #generator: IdGenerator;

  constructor(generator: IdGenerator) {
    this.#generator = generator;
  }

  forRoot(): LazySpanContext {
    const spanId = this.#generator.generateSpanId();
    return LazySpanContext.fromHex(this.#generator.generateTraceId(), spanId);
  }

  forChild({ traceId }: LazySpanContext | SpanContext): LazySpanContext {
    return LazySpanContext.fromHex(traceId, this.#generator.generateSpanId());
  }
}
