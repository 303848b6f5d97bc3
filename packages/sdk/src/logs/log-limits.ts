import { type Attributes, diag } from '@opentelemetry/api';
import { AddAttributeDecision, maybeAddAttribute } from '@opentelemetry/core';
import type { LogRecordLimits } from '@opentelemetry/sdk-logs';
import type { AttributeLimits, SanitizedAttributes } from '../attributes/attribute-sanitizer.ts';

/** The limits of log records with the specification's defaults in the place of what is not given. */
export function logLimits({
  attributeCountLimit,
  attributeValueLengthLimit,
}: LogRecordLimits = {}): AttributeLimits {
  return {
    attributeCountLimit: attributeCountLimit ?? 128,
    attributeValueLengthLimit: attributeValueLengthLimit ?? Infinity,
  };
}

/** The attributes of a log record so far, and how many. */
export interface LogAttributes {
  readonly attributes: Attributes;
  attributeCount: number;
  droppedAttributesCount: number;
}

/** Adds an attribute as far as it is valid and within limits. What is invalid does not count as dropped. */
export function addLogAttribute(
  into: LogAttributes,
  [key, value]: readonly [string, unknown],
  limits: AttributeLimits,
): void {
  const { attributes, attributeCount: currentAttributesCount } = into;
  const decision = maybeAddAttribute({ key, value, attributes, limits, currentAttributesCount });
  if (decision === AddAttributeDecision.ADD_NEW) into.attributeCount++;
  else if (decision === AddAttributeDecision.DROP_LIMIT_REACHED) {
    into.droppedAttributesCount++;
    if (into.droppedAttributesCount === 1) diag.warn('Dropping extra attributes.');
  }
}

/** The attributes that a log record begins with, one by one. */
export function sanitizeLogAttributes(given: Attributes, limits: AttributeLimits): SanitizedAttributes {
  const into: LogAttributes = { attributes: {}, attributeCount: 0, droppedAttributesCount: 0 };
  for (const entry of Object.entries(given)) addLogAttribute(into, entry, limits);
  const { attributes, attributeCount: count, droppedAttributesCount: droppedCount } = into;
  return { attributes, names: [], count, droppedCount, isShared: false };
}
