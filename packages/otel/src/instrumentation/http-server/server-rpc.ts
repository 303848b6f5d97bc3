import type { AttributeValue, Span } from '@opentelemetry/api';
import type { RPCMetadata } from '@opentelemetry/core';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { ATTR_HTTP_ROUTE } from '@opentelemetry/semantic-conventions';
import { attributeParts, NonRecordingSpan } from '@sonde/sdk';

/** The route and error that frameworks report for an incoming request, in the context of the request. */
export interface ServerRpcMetadata extends RPCMetadata {
  /** The error that the framework turned into a response. */
  failure: unknown;
}

/** Returns the route that the application or a framework has set on the span itself, sampled or not. */
export function routeOfSpan(span: Span): string | undefined {
  if (span instanceof NonRecordingSpan) return span.route;
  const own = attributeParts(span)?.ownAttributes;
  const route =
    own === undefined
      ? (span as Partial<ReadableSpan>).attributes?.[ATTR_HTTP_ROUTE]
      : findValue(own, ATTR_HTTP_ROUTE);
  return typeof route === 'string' ? route : undefined;
}

/** @param list alternating names and values */
function findValue(list: readonly AttributeValue[], name: string): unknown {
  for (let index = 0; index < list.length; index += 2) {
    if (list[index] === name) return list[index + 1];
  }
  return undefined;
}
