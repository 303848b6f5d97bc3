import type { ReadableSpan } from '@opentelemetry/sdk-trace';

import { withOverrides } from '../pipeline/span-override.ts';
import type { Redactor } from './redactor.ts';
import { attributeParts, LeanSpan, SpanBase } from '@sonde/sdk';

/** Maps a list; returns the same list if no item changes. */
function mapChanged<T>(list: readonly T[], change: (item: T) => T): T[] {
  if (list.length === 0) return list as T[];
  const changed = list.map(change);
  return changed.some((item, index) => item !== list[index]) ? changed : (list as T[]);
}

/** Whether a span has only a name and attributes, so that its lists need not be created. */
function hasNoDetails(span: ReadableSpan): boolean {
  // A subclass may override the other members.
  return SpanBase.isSpanBase(span) && span instanceof LeanSpan && !span.hasDetails;
}

/** Redacts ended spans. */
export class SpanRedaction {
  readonly #redactor: Redactor;
  readonly #shared = new WeakMap<object, boolean>();

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  /**
   * Returns a redacted copy, or the same span if it contains no secret.
   *
   * @throws whatever a getter of its attributes throws
   */
  redactSpan(span: ReadableSpan): ReadableSpan {
    const name = this.#redactor.text(span.name);
    const attributes = this.#attributes(span);
    if (name === span.name && attributes === undefined && hasNoDetails(span)) return span;
    const events = mapChanged(span.events, (detail) => this.#detail(detail));
    const links = mapChanged(span.links, (detail) => this.#detail(detail));
    const status = this.#status(span.status);
    const isClean =
      name === span.name &&
      attributes === undefined &&
      events === span.events &&
      links === span.links &&
      status === span.status;
    if (isClean) return span;
    return withOverrides(span, { name, events, links, status, ...(attributes && { attributes }) });
  }

  /** The redacted attributes; undefined if they contain no secret. */
  #attributes(span: ReadableSpan): ReadableSpan['attributes'] | undefined {
    const parts = attributeParts(span);
    if (parts !== undefined) {
      const { sharedAttributes, adoptedAttributes, ownAttributes } = parts;
      const isClean =
        this.#redactor.areSafe(ownAttributes) &&
        (adoptedAttributes === undefined || this.#redactor.isSafe(adoptedAttributes)) &&
        this.#isSharedSafe(sharedAttributes);
      if (isClean) return undefined;
    }
    const attributes = this.#redactor.attributes(span.attributes);
    return attributes === span.attributes ? undefined : attributes;
  }

  /** Searches frozen attributes only once. */
  #isSharedSafe(attributes: ReadableSpan['attributes']): boolean {
    let isClean = this.#shared.get(attributes);
    if (isClean === undefined)
      this.#shared.set(attributes, (isClean = this.#redactor.attributes(attributes) === attributes));
    return isClean;
  }

  #detail<D extends { attributes?: object }>(detail: D): D {
    if (detail.attributes === undefined) return detail;
    const attributes = this.#redactor.attributes(detail.attributes);
    return attributes === detail.attributes ? detail : { ...detail, attributes };
  }

  #status(status: ReadableSpan['status']): ReadableSpan['status'] {
    if (status.message === undefined) return status;
    const message = this.#redactor.text(status.message);
    return message === status.message ? status : { ...status, message };
  }
}
