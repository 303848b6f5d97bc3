import { randomFillSync } from 'node:crypto';
import type { SpanContext } from '@opentelemetry/api';
import type { IdGenerator } from '@opentelemetry/sdk-trace';
import { idText } from './id-text.ts';
import { Identity } from './identity.ts';
import { TraceId } from './trace-id.ts';

/** Where new spans get their ids. */
export interface Identities {
  /** Of the first span of a trace. */
  root(): Identity;
  /** @param parent what a span of this engine, or any valid one, is known by */
  child(parent: Identity | SpanContext): Identity;
}

const poolWords = 4096;
const wordsPerRoot = 6;

/** Random ids, for many at once. */
export class RandomIdentities implements Identities {
  readonly #words = new Int32Array(poolWords);
  #next = poolWords;

  root(): Identity {
    const at = this.#take(wordsPerRoot);
    const words = this.#words;
    // An id of zeros is invalid, and this word is one in four thousand million times.
    const trace = new TraceId(words[at]! || 1, words[at + 1]!, words[at + 2]!, words[at + 3]!);
    return new Identity(trace, words[at + 4]! || 1, words[at + 5]!);
  }

  child(parent: Identity | SpanContext): Identity {
    const at = this.#take(2);
    const [word0, word1] = [this.#words[at]! || 1, this.#words[at + 1]!];
    const trace = parent instanceof Identity ? parent.traceWords : TraceId.of(parent.traceId);
    return trace === undefined
      ? Identity.ofTexts(parent.traceId, idText(word0, word1))
      : new Identity(trace, word0, word1);
  }

  /** Where so many unused words begin. */
  #take(count: number): number {
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
export class GeneratedIdentities implements Identities {
  readonly #generator: IdGenerator;

  constructor(generator: IdGenerator) {
    this.#generator = generator;
  }

  root(): Identity {
    const spanId = this.#generator.generateSpanId();
    return Identity.ofTexts(this.#generator.generateTraceId(), spanId);
  }

  child({ traceId }: Identity | SpanContext): Identity {
    return Identity.ofTexts(traceId, this.#generator.generateSpanId());
  }
}
