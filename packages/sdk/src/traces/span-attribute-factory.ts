import type { Attributes } from '@opentelemetry/api';
import { SpanAttributes } from './span-attributes.ts';
import { type GuardedLimits, limitAttributes, filterValidAttributes } from './span-limits.ts';
import { AttributeSanitizer } from '../attributes/attribute-sanitizer.ts';

/** Creates the initial attributes of spans. */
export class SpanAttributeFactory {
  readonly #limits: GuardedLimits;
  readonly #sanitizer: AttributeSanitizer;

  constructor(limits: GuardedLimits) {
    this.#limits = limits;
    this.#sanitizer = new AttributeSanitizer(limits, (attributes) =>
      limitAttributes(filterValidAttributes(attributes), limits),
    );
  }

  create(attributes: Attributes | undefined): SpanAttributes {
    const limits = this.#limits;
    // Upstream warns about an invalid limit for every span.
    if (limits.attributeValueLengthLimit <= 0) {
      return SpanAttributes.fromSanitized(this.#sanitizer.sanitizeByUpstream(attributes ?? {}), limits);
    }
    if (typeof attributes !== 'object' || attributes === null) return new SpanAttributes(limits);
    return limits.dropCounter === undefined ? this.#create(attributes) : this.#createGuarded(attributes);
  }

  #create(attributes: Attributes): SpanAttributes {
    const limits = this.#limits;
    const shared = this.#sanitizer.getShared(attributes);
    if (shared !== undefined) return new SpanAttributes(limits, shared);
    const created = new SpanAttributes(limits);
    return created.startWith(attributes)
      ? created
      : SpanAttributes.fromSanitized(this.#sanitizer.sanitizeByUpstream(attributes), limits);
  }

  /** Adds attributes one by one if the fast paths do not apply. */
  #createGuarded(attributes: Attributes): SpanAttributes {
    const limits = this.#limits;
    const created = new SpanAttributes(limits);
    try {
      const shared = this.#sanitizer.getShared(attributes);
      if (shared !== undefined) return new SpanAttributes(limits, shared);
      if (created.startWith(attributes)) return created;
    } catch {
      // A getter or a proxy threw: `setAll` counts it.
    }
    created.setAll(attributes);
    return created;
  }

  /** Adopts an object as {@link FastSpan.adopt} describes it. */
  adopt(attributes: Attributes): SpanAttributes {
    const adopting = new SpanAttributes(this.#limits);
    return adopting.adopt(attributes) ? adopting : this.create(attributes);
  }
}
