import type { Attributes } from '@opentelemetry/api';
import { SpanAttributes } from './span-attributes.ts';
import { type GuardedLimits, limitedAttributes, validAttributes } from './span-limits.ts';
import { StartAttributes } from '../start-attributes.ts';

/** Takes the attributes that spans begin with. */
export class SpanStartAttributes {
  readonly #limits: GuardedLimits;
  readonly #shared: StartAttributes;

  constructor(limits: GuardedLimits) {
    this.#limits = limits;
    this.#shared = new StartAttributes(limits, (given) => limitedAttributes(validAttributes(given), limits));
  }

  of(given: Attributes | undefined): SpanAttributes {
    const limits = this.#limits;
    // Upstream warns of such a limit whenever there may be attributes.
    if (limits.attributeValueLengthLimit <= 0) {
      return SpanAttributes.of(this.#shared.unusual(given ?? {}), limits);
    }
    if (typeof given !== 'object' || given === null) return new SpanAttributes(limits);
    return limits.guard === undefined ? this.#begin(given) : this.#beginGuarded(given);
  }

  #begin(given: Attributes): SpanAttributes {
    const limits = this.#limits;
    const shared = this.#shared.shared(given);
    if (shared !== undefined) return new SpanAttributes(limits, shared);
    const fresh = new SpanAttributes(limits);
    return fresh.beginWith(given) ? fresh : SpanAttributes.of(this.#shared.unusual(given), limits);
  }

  /** Takes the usual ones in the same way, and looks at all others one by one. */
  #beginGuarded(given: Attributes): SpanAttributes {
    const limits = this.#limits;
    const fresh = new SpanAttributes(limits);
    try {
      const shared = this.#shared.shared(given);
      if (shared !== undefined) return new SpanAttributes(limits, shared);
      if (fresh.beginWith(given)) return fresh;
    } catch {
      // A getter or a proxy.
    }
    fresh.setAll(given);
    return fresh;
  }

  /** Of an object that nobody else has, of a few strings, numbers and booleans. */
  adopted(given: Attributes): SpanAttributes {
    const held = new SpanAttributes(this.#limits);
    return held.adopt(given) ? held : this.of(given);
  }
}
