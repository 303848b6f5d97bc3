import type { AttributeValue, Span } from '@opentelemetry/api';
import type { RPCMetadata } from '@opentelemetry/core';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { ATTR_HTTP_ROUTE } from '@opentelemetry/semantic-conventions';
import { attributeParts, NonRecordingSpan } from '@sonde/sdk';

/** The part of an application, mounted at a path, that a request has entered. */
export interface RequestMount {
  readonly template: string;
  /** The property of the request that has this value until the part passes the request on. */
  readonly property: 'baseUrl' | 'url';
  readonly value: string;
}

/** The route and error that frameworks report for an incoming request, in the context of the request. */
export interface ServerRpcMetadata extends RPCMetadata {
  readonly request: object;
  /** The error that the framework turned into a response. */
  failure: unknown;
  /** The innermost part of the application, whose path is the route if there is no other. */
  mount: RequestMount | undefined;
}

/** Returns the route of a request that has ended: of its framework, of its span, else of the part that has responded. */
export function findRoute({ mount, request, route, span }: ServerRpcMetadata): string | undefined {
  const known = route ?? routeOfSpan(span);
  if (known !== undefined || mount === undefined) return known;
  return Reflect.get(request, mount.property) === mount.value ? mount.template : undefined;
}

/** Returns the route that the application or a framework has set on the span itself, sampled or not. */
function routeOfSpan(span: Span): string | undefined {
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
