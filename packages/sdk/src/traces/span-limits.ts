import type { Attributes } from '@opentelemetry/api';
import { cleanAttributes } from '@opentelemetry/core';
import type { SpanLimits } from '@opentelemetry/sdk-trace';
import type { DropCounter } from '../drop-counter.ts';
import type { SanitizedAttributes } from '../attributes/attribute-sanitizer.ts';

const defaults: Required<SpanLimits> = {
  attributeCountLimit: 128,
  attributeValueLengthLimit: Infinity,
  eventCountLimit: 128,
  linkCountLimit: 128,
  attributePerEventCountLimit: 128,
  attributePerLinkCountLimit: 128,
};

/** The limits of spans, and the counter of data that violates them. */
export interface GuardedLimits extends Required<SpanLimits> {
  readonly dropCounter?: DropCounter | undefined;
}

/** Completes the limits with the defaults of the specification. */
export function resolveSpanLimits(limits: SpanLimits = {}, dropCounter?: DropCounter): GuardedLimits {
  const set = Object.entries(limits).filter(([, limit]) => limit !== undefined && limit !== null);
  return { ...defaults, ...Object.fromEntries(set), dropCounter };
}

const noLimits = { attributeCountLimit: Infinity, attributeValueLengthLimit: Infinity };

/** Returns the valid attributes, without applying limits: samplers see all of them. */
export function filterValidAttributes(attributes: Attributes | undefined): SanitizedAttributes {
  return sanitizeAttributes(attributes, noLimits, 0);
}

/** Applies the limits to attributes. */
export function limitAttributes(
  { attributes, droppedCount }: Pick<SanitizedAttributes, 'attributes' | 'droppedCount'>,
  limits: Required<SpanLimits>,
): SanitizedAttributes {
  return sanitizeAttributes(attributes, limits, droppedCount);
}

function sanitizeAttributes(
  input: Attributes | undefined,
  limits: Pick<Required<SpanLimits>, 'attributeCountLimit' | 'attributeValueLengthLimit'>,
  droppedBefore: number,
): SanitizedAttributes {
  const { attributes = {}, droppedAttributesCount = 0 } = cleanAttributes(input, limits);
  const count = Object.keys(attributes).length;
  const droppedCount = droppedBefore + droppedAttributesCount;
  return { attributes, names: [], count, droppedCount, isShared: false };
}
