import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { encodeTraces, otlpJson } from '@sonde/exporters';
import { LeanTracerProvider } from './tracer-provider.ts';

const route = Object.freeze({ method: 'GET', route: '/users/:id' });

/** A span that began with attributes of which others have the same object, and was given more. */
function span(more: Readonly<Record<string, string>> = {}): ReadableSpan {
  const ended: ReadableSpan[] = [];
  const keep = {
    onStart: () => {},
    onEnd: (each: ReadableSpan) => void ended.push(each),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const tracer = new LeanTracerProvider({
    spanProcessors: [keep],
    samplerLooksAtAttributes: false,
  }).getTracer('test');
  tracer.startSpan('work', { attributes: route }, ROOT_CONTEXT).setAttributes(more).end();
  return ended[0] as ReadableSpan;
}

/** What is sent of a span's attributes. */
function sent(given: ReadableSpan): Record<string, unknown> {
  const { resourceSpans } = JSON.parse(
    Buffer.from(otlpJson('traces', encodeTraces([given]).body)).toString(),
  );
  const [{ attributes = [] }] = resourceSpans[0].scopeSpans[0].spans;
  return Object.fromEntries(
    attributes.map(({ key, value }: { key: string; value: { stringValue: string } }) => [
      key,
      value.stringValue,
    ]),
  );
}

test('shared attributes and own ones are sent together', () => {
  assert.deepEqual(sent(span()), route);
  assert.deepEqual(sent(span({ user: '7' })), { ...route, user: '7' });
  assert.deepEqual(sent(span({ route: '/', user: '7' })), { method: 'GET', route: '/', user: '7' });
  assert.deepEqual(sent(span()), route, 'no other span was changed');
});

test('what a processor changes is sent', () => {
  const changed = span({ user: '7' });
  Object.assign(changed.attributes, { user: '8' });
  assert.deepEqual(sent(changed), { ...route, user: '8' });
});

test('of what inherits from a span, or stands for it, the attributes are sent that it shows', () => {
  const original = span({ user: 'secret' });
  const shown = { value: { user: '***' } };
  const proxy = (get: ProxyHandler<ReadableSpan>['get']): ReadableSpan =>
    new Proxy(original, { get: get as never });
  const attributesOr = (name: string | symbol, other: unknown): unknown =>
    name === 'attributes' ? shown.value : other;
  const bound = (target: object, name: string | symbol): unknown => {
    const member: unknown = Reflect.get(target, name);
    return typeof member === 'function' ? member.bind(target) : member;
  };
  const stands = [
    Object.create(original, { attributes: shown }),
    proxy((target, name, receiver) => attributesOr(name, Reflect.get(target, name, receiver))),
    proxy((target, name) => attributesOr(name, Reflect.get(target, name))),
    proxy((target, name) => attributesOr(name, bound(target, name))),
  ];
  for (const each of stands) assert.deepEqual(sent(each), shown.value);
});
