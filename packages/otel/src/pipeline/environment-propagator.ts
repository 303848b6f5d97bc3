import type { TextMapPropagator } from '@opentelemetry/api';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { B3InjectEncoding, B3Propagator } from '@opentelemetry/propagator-b3';
import { propagatorNamesFromEnvironment } from '../config/sdk-environment.ts';
import { W3cPropagator } from './w3c-propagator.ts';

const w3c: ReadonlySet<string> = new Set(['tracecontext', 'baggage']);

const known: ReadonlyMap<string, () => TextMapPropagator> = new Map<string, () => TextMapPropagator>([
  ['tracecontext', () => new W3CTraceContextPropagator()],
  ['baggage', () => new W3CBaggagePropagator()],
  ['b3', () => new B3Propagator()],
  ['b3multi', () => new B3Propagator({ injectEncoding: B3InjectEncoding.MULTI_HEADER })],
]);

/**
 * Creates the propagator of `OTEL_PROPAGATORS`; undefined for `none`. Without a supported name, it propagates W3C trace
 * context and baggage.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration
 */
export function propagatorFromEnvironment(): TextMapPropagator | undefined {
  const names = propagatorNamesFromEnvironment(known.keys());
  const propagators = [...names].flatMap((name) => known.get(name)?.() ?? []);
  if (propagators.length === 0) return undefined;
  const isW3c = [...names].every((name) => w3c.has(name));
  return new (isW3c ? W3cPropagator : CompositePropagator)({ propagators });
}
