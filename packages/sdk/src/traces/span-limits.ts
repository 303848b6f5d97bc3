import type { Attributes } from '@opentelemetry/api';
import { cleanAttributes } from '@opentelemetry/core';
import type { SpanLimits } from '@opentelemetry/sdk-trace';
import type { Guard } from '../loss-counter.ts';
import type { SanitizedAttributes } from '../attributes/attribute-sanitizer.ts';

const defaults: Required<SpanLimits> = {
  attributeCountLimit: 128,
  attributeValueLengthLimit: Infinity,
  eventCountLimit: 128,
  linkCountLimit: 128,
  attributePerEventCountLimit: 128,
  attributePerLinkCountLimit: 128,
};

/** The limits of spans, and the guard of what exceeds or violates them. */
export interface GuardedLimits extends Required<SpanLimits> {
  readonly guard?: Guard | undefined;
}

/** The limits of spans with the specification's defaults in the place of what is not given. */
export function spanLimits(given: SpanLimits = {}, guard?: Guard): GuardedLimits {
  const set = Object.entries(given).filter(([, limit]) => limit !== undefined && limit !== null);
  return { ...defaults, ...Object.fromEntries(set), guard };
}

const noLimits = { attributeCountLimit: Infinity, attributeValueLengthLimit: Infinity };

/** What a sampler sees of attributes: all that are valid, whatever the limits. */
export function filterValidAttributes(given: Attributes | undefined): SanitizedAttributes {
  return sanitizeAttributes(given, noLimits, 0);
}

/** Cuts attributes to limits. */
export function limitAttributes(
  { attributes, droppedCount }: Pick<SanitizedAttributes, 'attributes' | 'droppedCount'>,
  limits: Required<SpanLimits>,
): SanitizedAttributes {
  return sanitizeAttributes(attributes, limits, droppedCount);
}

function sanitizeAttributes(
  given: Attributes | undefined,
  limits: Pick<Required<SpanLimits>, 'attributeCountLimit' | 'attributeValueLengthLimit'>,
  droppedBefore: number,
): SanitizedAttributes {
  const { attributes = {}, droppedAttributesCount = 0 } = cleanAttributes(given, limits);
  const count = Object.keys(attributes).length;
  const droppedCount = droppedBefore + droppedAttributesCount;
  return { attributes, names: [], count, droppedCount, isShared: false };
}
