import type { ReadableSpan } from '@opentelemetry/sdk-trace';

const maxTraces = 1000;
const maxSpansPerTrace = 50;

/** A child span and how deep below the local root it is, as far as the spans between are known. */
export interface SpanTreeNode {
  readonly span: ReadableSpan;
  readonly depth: number;
}

/** Children that wait for their local root to end: at most 50 of each of the last 1000 traces. */
export class LocalTraces {
  readonly #waiting = new Map<string, ReadableSpan[]>();

  /** Whether the span's parent is in another process, or nowhere. */
  static isRoot({ parentSpanContext }: ReadableSpan): boolean {
    return parentSpanContext === undefined || parentSpanContext.isRemote === true;
  }

  add(span: ReadableSpan): void {
    const { traceId } = span.spanContext();
    const spans = this.#waiting.get(traceId);
    if (spans === undefined) {
      if (this.#waiting.size >= maxTraces) this.#forgetOldest();
      this.#waiting.set(traceId, [span]);
    } else if (spans.length < maxSpansPerTrace) {
      spans.push(span);
    }
  }

  /** The root's children that were kept, parents before their children, in the order of their start. */
  consumeChildren(root: ReadableSpan): SpanTreeNode[] {
    const { traceId } = root.spanContext();
    const spans = this.#waiting.get(traceId) ?? [];
    this.#waiting.delete(traceId);
    const known = new Set(spans.map((span) => span.spanContext().spanId));
    const children = Map.groupBy(spans, ({ parentSpanContext }) =>
      known.has(parentSpanContext?.spanId ?? '') ? parentSpanContext?.spanId : undefined,
    );
    return descendants(children, undefined, 1);
  }

  #forgetOldest(): void {
    const [oldest] = this.#waiting.keys();
    if (oldest !== undefined) this.#waiting.delete(oldest);
  }
}

function descendants(
  children: ReadonlyMap<string | undefined, readonly ReadableSpan[]>,
  parent: string | undefined,
  depth: number,
): SpanTreeNode[] {
  const spans = (children.get(parent) ?? []).toSorted(byStart);
  const found: SpanTreeNode[] = [];
  for (const span of spans) {
    found.push({ span, depth }, ...descendants(children, span.spanContext().spanId, depth + 1));
  }
  return found;
}

function byStart({ startTime: a }: ReadableSpan, { startTime: b }: ReadableSpan): number {
  return a[0] - b[0] || a[1] - b[1];
}
