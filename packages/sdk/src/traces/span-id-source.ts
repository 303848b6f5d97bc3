import { randomFillSync } from 'node:crypto';
import type { SpanContext } from '@opentelemetry/api';
import type { IdGenerator } from '@opentelemetry/sdk-trace';
import { toHex } from './hex.ts';
import { LazySpanContext } from './lazy-span-context.ts';
import { TraceId } from './trace-id.ts';

/** Creates the contexts of new spans. */
export interface SpanIdSource {
  /** Creates the context of the first span of a trace. */
  forRoot(): LazySpanContext;
  /** Creates the context of a child span. */
  forChild(parent: LazySpanContext | SpanContext): LazySpanContext;
}

const poolWords = 4096;
const wordsPerRoot = 6;

/** Random ids from a pool that is filled for many spans at once. */
export class RandomIdSource implements SpanIdSource {
  readonly #words = new Int32Array(poolWords);
  #next = poolWords;

  forRoot(): LazySpanContext {
    const start = this.#allocate(wordsPerRoot);
    const words = this.#words;
    // An all-zero id is invalid.
    const trace = new TraceId(words[start]! || 1, words[start + 1]!, words[start + 2]!, words[start + 3]!);
    return new LazySpanContext(trace, words[start + 4]! || 1, words[start + 5]!);
  }

  forChild(parent: LazySpanContext | SpanContext): LazySpanContext {
    const start = this.#allocate(2);
    const [word0, word1] = [this.#words[start]! || 1, this.#words[start + 1]!];
    const trace = parent instanceof LazySpanContext ? parent.traceWords : TraceId.parse(parent.traceId);
    return trace === undefined
      ? LazySpanContext.fromHex(parent.traceId, toHex(word0, word1))
      : new LazySpanContext(trace, word0, word1);
  }

  /** Reserves unused words. @returns the index of the first */
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

/** Ids of a custom generator. */
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
