import { type Attributes, diag, type Exception, type TimeInput } from '@opentelemetry/api';
import { cleanSimpleAttributes, isTimeInput } from '@opentelemetry/core';
import type { TimedEvent } from '@opentelemetry/sdk-trace';
import { ATTR_EXCEPTION_MESSAGE, ATTR_EXCEPTION_TYPE } from '@opentelemetry/semantic-conventions';

import {
  coerceToText,
  errorDetails,
  exceptionAttributes,
  upstreamExceptionAttributes,
} from '../attributes/exception.ts';
import type { GuardedLimits } from './span-limits.ts';
import { resolveTime, type SpanStart } from './span-time.ts';
import { detailAttributes, truncateText } from './span-values.ts';

/** Creates an event of a span from the arguments of `addEvent()`, within the limits. */
export function createSpanEvent(
  name: string,
  attributesOrTime: Attributes | TimeInput | undefined,
  explicitTime: TimeInput | undefined,
  start: SpanStart,
  limits: GuardedLimits,
): TimedEvent {
  const isTime = isTimeInput(attributesOrTime);
  const time = resolveTime(isTime && !isTimeInput(explicitTime) ? attributesOrTime : explicitTime, start);
  const attributes = isTime ? undefined : attributesOrTime;
  const attributeLimits = {
    attributeCountLimit: limits.attributePerEventCountLimit,
    attributeValueLengthLimit: limits.attributeValueLengthLimit,
  };
  const { dropCounter } = limits;
  if (dropCounter === undefined) return { name, time, ...cleanSimpleAttributes(attributes, attributeLimits) };
  const { sanitized, rejectedCount } = detailAttributes(attributes, attributeLimits, true);
  if (rejectedCount > 0) dropCounter.countAttributes(rejectedCount);
  return { name: truncateText(name), time, ...sanitized };
}

/** The attributes of an exception event; undefined, with a warning, if the exception has neither type nor message. */
export function exceptionEventAttributes(
  exception: Exception,
  { dropCounter }: GuardedLimits,
): Attributes | undefined {
  let attributes: Attributes;
  try {
    attributes = upstreamExceptionAttributes(exception);
  } catch (error) {
    if (dropCounter === undefined) throw error;
    attributes = exceptionAttributes(exception);
  }
  if (attributes[ATTR_EXCEPTION_TYPE] || attributes[ATTR_EXCEPTION_MESSAGE]) return attributes;
  const text = dropCounter === undefined ? coerceToText(exception) : errorDetails(exception);
  diag.warn(`Failed to record an exception ${text}`);
  return undefined;
}
