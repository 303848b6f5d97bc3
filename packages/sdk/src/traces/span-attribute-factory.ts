import type { Attributes } from '@opentelemetry/api';
import { SpanAttributes } from './span-attributes.ts';
import { type GuardedLimits, limitAttributes, filterValidAttributes } from './span-limits.ts';
import { AttributeSanitizer } from '../attributes/attribute-sanitizer.ts';

/** Takes the attributes that spans begin with. */
export class SpanAttributeFactory {
  readonly #limits: GuardedLimits;
  readonly #shared: AttributeSanitizer;

  constructor(limits: GuardedLimits) {
    this.#limits = limits;
    this.#shared = new AttributeSanitizer(limits, (given) =>
      limitAttributes(filterValidAttributes(given), limits),
    );
  }

  create(given: Attributes | undefined): SpanAttributes {
    const limits = this.#limits;
    // Upstream warns of such a limit whenever there may be attributes.
    if (limits.attributeValueLengthLimit <= 0) {
      return SpanAttributes.fromSanitized(this.#shared.sanitizeByUpstream(given ?? {}), limits);
    }
    if (typeof given !== 'object' || given === null) return new SpanAttributes(limits);
    return limits.guard === undefined ? this.#begin(given) : this.#beginGuarded(given);
  }

  #begin(given: Attributes): SpanAttributes {
    const limits = this.#limits;
    const shared = this.#shared.getShared(given);
    if (shared !== undefined) return new SpanAttributes(limits, shared);
    const fresh = new SpanAttributes(limits);
    return fresh.startWith(given)
      ? fresh
      : SpanAttributes.fromSanitized(this.#shared.sanitizeByUpstream(given), limits);
  }

  /** Takes the usual ones in the same way, and looks at all others one by one. */
  #beginGuarded(given: Attributes): SpanAttributes {
    const limits = this.#limits;
    const fresh = new SpanAttributes(limits);
    try {
      const shared = this.#shared.getShared(given);
      if (shared !== undefined) return new SpanAttributes(limits, shared);
      if (fresh.startWith(given)) return fresh;
    } catch {
      // A getter or a proxy.
    }
    fresh.setAll(given);
    return fresh;
  }

  /** Of an object that nobody else has, of a few strings, numbers and booleans. */
  adopt(given: Attributes): SpanAttributes {
    const held = new SpanAttributes(this.#limits);
    return held.adopt(given) ? held : this.create(given);
  }
}
