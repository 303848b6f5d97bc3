import type { Attributes } from '@opentelemetry/api';
import { NameLimit, type ScopeIdentity } from '@sonde/sdk';

interface Scope extends ScopeIdentity {
  readonly attributes?: Attributes | undefined;
}

const overflow: Scope = { name: 'sonde.overflow', version: undefined, schemaUrl: undefined };

/** Limits the scopes of upstream's providers, which keep an object for each. Those beyond the limit share one. */
export class ScopeLimit {
  readonly #known = new Set<string>();
  readonly #names: NameLimit;

  /** @param onReached called once, for the first scope beyond the limit */
  constructor(onReached: (limit: number) => void) {
    this.#names = new NameLimit(onReached);
  }

  /** Returns the scope, or the shared one beyond the limit. */
  admit(identity: ScopeIdentity, attributes?: Attributes): Scope {
    const { name, version, schemaUrl } = identity;
    const key = JSON.stringify([name, version, schemaUrl, attributes]);
    if (!this.#known.has(key)) {
      if (!this.#names.admit()) return overflow;
      this.#known.add(key);
    }
    return { ...identity, attributes };
  }
}
