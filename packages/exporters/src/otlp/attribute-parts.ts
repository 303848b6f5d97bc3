import type { Attributes, AttributeValue } from '@opentelemetry/api';

/** The attributes of a span in parts, with no name in two of them. */
export interface AttributeParts {
  /** Never changes; the same object for many spans. */
  readonly sharedAttributes: Attributes;
  /** An object of this span alone, from the one that described it. A name whose value is undefined is none. */
  readonly adoptedAttributes?: Attributes | undefined;
  /** What this span has beside those: names and values in turns. */
  readonly ownAttributes: readonly AttributeValue[];
}

/**
 * What a span may implement beside `ReadableSpan`, so that the attributes that it shares with others are encoded once
 * for all of them, and no object is made of the others.
 */
export interface HasAttributeParts {
  /**
   * The parts, when `asked` is the span itself; undefined for what inherits from it or stands for it as a proxy, which
   * may have other attributes, and when somebody was given the attributes as an object, which may be changed.
   */
  attributeParts(asked: object): AttributeParts | undefined;
}

/** The parts of a span's attributes; undefined for one that has them in one piece. */
export function attributeParts(span: object): AttributeParts | undefined {
  return (span as Partial<HasAttributeParts>).attributeParts?.(span);
}
