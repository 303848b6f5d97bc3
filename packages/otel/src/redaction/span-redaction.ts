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

/** Whether a span has only a name and attributes; its getters of events and links then need not create lists. */
function hasNoDetails(span: ReadableSpan): boolean {
  // `isSpanBase` excludes proxies and objects that inherit from a span, which may override `events` or `links`.
  return SpanBase.isSpanBase(span) && span instanceof LeanSpan && !span.hasDetails;
}

/** Redacts ended spans. */
export class SpanRedaction {
  readonly #redactor: Redactor;
  readonly #sharedSafety = new WeakMap<object, boolean>();

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
    const attributes = this.#redactAttributes(span);
    if (name === span.name && attributes === undefined && hasNoDetails(span)) return span;
    const events = mapChanged(span.events, (detail) => this.#redactDetail(detail));
    const links = mapChanged(span.links, (detail) => this.#redactDetail(detail));
    const status = this.#redactStatus(span.status);
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
  #redactAttributes(span: ReadableSpan): ReadableSpan['attributes'] | undefined {
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
    let isClean = this.#sharedSafety.get(attributes);
    if (isClean === undefined)
      this.#sharedSafety.set(attributes, (isClean = this.#redactor.attributes(attributes) === attributes));
    return isClean;
  }

  #redactDetail<D extends { attributes?: object }>(detail: D): D {
    if (detail.attributes === undefined) return detail;
    const attributes = this.#redactor.attributes(detail.attributes);
    return attributes === detail.attributes ? detail : { ...detail, attributes };
  }

  #redactStatus(status: ReadableSpan['status']): ReadableSpan['status'] {
    if (status.message === undefined) return status;
    const message = this.#redactor.text(status.message);
    return message === status.message ? status : { ...status, message };
  }
}
