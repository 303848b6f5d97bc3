import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  createContextKey,
  defaultTextMapGetter,
  propagation,
  ROOT_CONTEXT,
  type TextMapGetter,
  type TextMapPropagator,
  trace,
} from '@opentelemetry/api';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { W3cPropagator } from './w3c-propagator.ts';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const carriers: unknown[] = [
  undefined,
  null,
  {},
  Object.create(null),
  { traceparent },
  { traceparent: [traceparent, 'second'] },
  { traceparent, tracestate: 'a=1' },
  { traceparent: '' },
  { traceparent: null },
  { tracestate: 'a=1' },
  { baggage: 'tenant=acme' },
  { baggage: '', traceparent: 'nonsense' },
  { traceparent, baggage: 'tenant=acme' },
  Object.create({ traceparent }),
  { Traceparent: traceparent, Baggage: 'tenant=acme' },
  'text',
  7,
];

const inCapitals: TextMapGetter = {
  get: (carrier: Record<string, string> | undefined, key) =>
    carrier?.[key.replace(/^./, (first) => first.toUpperCase())],
  keys: () => [],
};
/** A getter that behaves like that of another copy of the API. */
const alike: TextMapGetter = { ...defaultTextMapGetter };

const context = ROOT_CONTEXT.setValue(createContextKey('mine'), 1);

function extracted(propagator: TextMapPropagator, carrier: unknown, getter: TextMapGetter): unknown {
  const found = propagator.extract(context, carrier, getter);
  const { traceState, ...spanContext } = trace.getSpanContext(found) ?? {};
  return {
    spanContext,
    traceState: traceState?.serialize(),
    baggage: propagation.getBaggage(found)?.getAllEntries(),
    isSame: found === context,
  };
}

suite('the propagator of the W3C fields', () => {
  const parts = { tracecontext: new W3CTraceContextPropagator(), baggage: new W3CBaggagePropagator() };
  for (const propagators of [[parts.tracecontext, parts.baggage], [parts.tracecontext], [parts.baggage]]) {
    test(`finds what upstream's finds: ${propagators.flatMap((one) => one.fields()).join(', ')}`, () => {
      const own = new W3cPropagator({ propagators });
      const upstream = new CompositePropagator({ propagators });
      // Alternates the getters twice, because the result of one getter must not be used for another.
      for (const getter of [defaultTextMapGetter, inCapitals, alike, inCapitals, defaultTextMapGetter]) {
        for (const carrier of carriers) {
          assert.deepEqual(extracted(own, carrier, getter), extracted(upstream, carrier, getter));
        }
      }
      assert.deepEqual(own.fields(), upstream.fields());
    });
  }
});
