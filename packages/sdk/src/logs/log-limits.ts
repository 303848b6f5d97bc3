import { type Attributes, diag } from '@opentelemetry/api';
import { AddAttributeDecision, maybeAddAttribute } from '@opentelemetry/core';
import type { LogRecordLimits } from '@opentelemetry/sdk-logs';
import type { AttributeLimits, SanitizedAttributes } from '../attributes/attribute-sanitizer.ts';

/** Completes the limits with the defaults of the specification. */
export function resolveLogLimits({
  attributeCountLimit,
  attributeValueLengthLimit,
}: LogRecordLimits = {}): AttributeLimits {
  return {
    attributeCountLimit: attributeCountLimit ?? 128,
    attributeValueLengthLimit: attributeValueLengthLimit ?? Infinity,
  };
}

/** The attributes of a log record and their counts. */
export interface LogAttributes {
  readonly attributes: Attributes;
  attributeCount: number;
  droppedAttributesCount: number;
}

/** Adds a valid attribute within the limits. Invalid attributes do not count as dropped, as in upstream's SDK. */
export function addLogAttribute(
  target: LogAttributes,
  [key, value]: readonly [string, unknown],
  limits: AttributeLimits,
): void {
  const { attributes, attributeCount: currentAttributesCount } = target;
  const decision = maybeAddAttribute({ key, value, attributes, limits, currentAttributesCount });
  if (decision === AddAttributeDecision.ADD_NEW) target.attributeCount++;
  else if (decision === AddAttributeDecision.DROP_LIMIT_REACHED) {
    target.droppedAttributesCount++;
    if (target.droppedAttributesCount === 1) diag.warn('Dropping extra attributes.');
  }
}

/** Sanitizes the initial attributes of a log record one by one. */
export function sanitizeLogAttributes(input: Attributes, limits: AttributeLimits): SanitizedAttributes {
  const target: LogAttributes = { attributes: {}, attributeCount: 0, droppedAttributesCount: 0 };
  for (const entry of Object.entries(input)) addLogAttribute(target, entry, limits);
  const { attributes, attributeCount: count, droppedAttributesCount: droppedCount } = target;
  return { attributes, names: [], count, droppedCount, isShared: false };
}
