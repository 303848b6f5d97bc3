import type { TextMapPropagator } from '@opentelemetry/api';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import type * as B3 from '@opentelemetry/propagator-b3';
import { environmentWord, reportVariable } from '../config/environment.ts';
import { ownRequire } from '../own-require.ts';
import { W3cPropagator } from './w3c-propagator.ts';

/** Loaded when it is named: hardly anybody uses it. */
const b3 = (): typeof B3 => ownRequire()('@opentelemetry/propagator-b3') as typeof B3;

const w3c: ReadonlySet<string> = new Set(['tracecontext', 'baggage']);

const known: ReadonlyMap<string, () => TextMapPropagator> = new Map<string, () => TextMapPropagator>([
  ['tracecontext', () => new W3CTraceContextPropagator()],
  ['baggage', () => new W3CBaggagePropagator()],
  ['b3', () => new (b3().B3Propagator)()],
  ['b3multi', () => new (b3().B3Propagator)({ injectEncoding: b3().B3InjectEncoding.MULTI_HEADER })],
]);

/** The names in `OTEL_PROPAGATORS` that are supported; those that are not are reported and ignored. */
function namesFromEnvironment(): ReadonlySet<string> {
  const variable = 'OTEL_PROPAGATORS';
  const names = (environmentWord(variable) ?? '').split(',').map((name) => name.trim());
  const given = new Set(names.filter((name) => name !== ''));
  if (given.has('none')) return new Set();
  const supported = new Set([...given].filter((name) => known.has(name)));
  const used = supported.size === 0 ? w3c : supported;
  if (supported.size < given.size) {
    const allowed = `a list of ${[...known.keys(), 'none'].join(', ')}`;
    reportVariable(variable, allowed, `in use: ${[...used].join(', ')}`);
  }
  return used;
}

/**
 * The propagator that `OTEL_PROPAGATORS` names, W3C trace context and baggage when it names none that is supported;
 * undefined for `none`.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration
 */
export function propagatorFromEnvironment(): TextMapPropagator | undefined {
  const names = namesFromEnvironment();
  const propagators = [...names].flatMap((name) => known.get(name)?.() ?? []);
  if (propagators.length === 0) return undefined;
  const isW3c = [...names].every((name) => w3c.has(name));
  return new (isW3c ? W3cPropagator : CompositePropagator)({ propagators });
}
