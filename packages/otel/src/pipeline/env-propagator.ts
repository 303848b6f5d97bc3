import { createRequire } from 'node:module';
import { diag, type TextMapPropagator } from '@opentelemetry/api';
import {
  CompositePropagator,
  getStringListFromEnv,
  W3CBaggagePropagator,
  W3CTraceContextPropagator,
} from '@opentelemetry/core';
import type * as B3 from '@opentelemetry/propagator-b3';
import { W3cPropagator } from './w3c-propagator.ts';

const load = createRequire(import.meta.url);

/** Loaded when it is named: hardly anybody uses it. */
const b3 = (): typeof B3 => load('@opentelemetry/propagator-b3') as typeof B3;

const w3c: ReadonlySet<string> = new Set(['tracecontext', 'baggage']);

const known: Readonly<Record<string, () => TextMapPropagator>> = {
  tracecontext: () => new W3CTraceContextPropagator(),
  baggage: () => new W3CBaggagePropagator(),
  b3: () => new (b3().B3Propagator)(),
  b3multi: () => new (b3().B3Propagator)({ injectEncoding: b3().B3InjectEncoding.MULTI_HEADER }),
};

/**
 * The propagator that `OTEL_PROPAGATORS` names, W3C trace context and baggage when it is unset; undefined for none.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration
 */
export function propagatorFromEnvironment(): TextMapPropagator | undefined {
  const names = new Set(getStringListFromEnv('OTEL_PROPAGATORS') ?? w3c);
  if (names.has('none')) return undefined;
  const propagators = [...names].flatMap((name) => {
    const create = known[name];
    if (create === undefined) diag.warn(`OTEL_PROPAGATORS names ${JSON.stringify(name)}, which is unknown`);
    return create === undefined ? [] : [create()];
  });
  if (propagators.length === 0) return undefined;
  const isW3c = [...names].every((name) => w3c.has(name));
  return new (isW3c ? W3cPropagator : CompositePropagator)({ propagators });
}
