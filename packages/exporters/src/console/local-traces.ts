import type { ReadableSpan } from '@opentelemetry/sdk-trace';

const maxTraces = 1000;
const maxSpansPerTrace = 50;

/** A descendant of a local root span, and its depth as far as its ancestors are known. */
export interface SpanTreeNode {
  readonly span: ReadableSpan;
  readonly depth: number;
}

/** Holds child spans until their local root ends: at most 50 spans for each of the last 1000 traces. */
export class LocalTraces {
  readonly #pending = new Map<string, ReadableSpan[]>();

  /** Whether the span has no parent in this process. */
  static isRoot({ parentSpanContext }: ReadableSpan): boolean {
    return parentSpanContext === undefined || parentSpanContext.isRemote === true;
  }

  add(span: ReadableSpan): void {
    const { traceId } = span.spanContext();
    const spans = this.#pending.get(traceId);
    if (spans === undefined) {
      if (this.#pending.size >= maxTraces) this.#evictOldest();
      this.#pending.set(traceId, [span]);
    } else if (spans.length < maxSpansPerTrace) {
      spans.push(span);
    }
  }

  /** Removes and returns the descendants of a root in start order, parents before children. */
  consumeChildren(root: ReadableSpan): SpanTreeNode[] {
    const { traceId } = root.spanContext();
    const spans = this.#pending.get(traceId) ?? [];
    this.#pending.delete(traceId);
    const known = new Set(spans.map((span) => span.spanContext().spanId));
    const children = Map.groupBy(spans, ({ parentSpanContext }) =>
      known.has(parentSpanContext?.spanId ?? '') ? parentSpanContext?.spanId : undefined,
    );
    return descendants(children, undefined, 1);
  }

  #evictOldest(): void {
    const [oldest] = this.#pending.keys();
    if (oldest !== undefined) this.#pending.delete(oldest);
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
