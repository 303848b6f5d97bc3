import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Attributes, ROOT_CONTEXT, type Span } from '@opentelemetry/api';
import type { ReadableSpan, SpanLimits } from '@opentelemetry/sdk-trace';
import { encodeTraces, otlpJson } from '@sonde/exporters';
import { type FastSpan, LeanTracerProvider } from '@sonde/sdk';

const route = Object.freeze({ method: 'GET', route: '/users/:id' });

type Adopting = Span & FastSpan;

/** Changes a span with shared initial attributes, and ends it. */
function changedBy(change: (span: Adopting) => void, spanLimits: SpanLimits = {}): ReadableSpan {
  const ended: ReadableSpan[] = [];
  const keep = {
    onStart: () => {},
    onEnd: (each: ReadableSpan) => void ended.push(each),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const tracer = new LeanTracerProvider({
    spanProcessors: [keep],
    spanLimits,
    samplerLooksAtAttributes: false,
  }).getTracer('test');
  const span = tracer.startSpan('work', { attributes: route }, ROOT_CONTEXT) as Adopting;
  change(span);
  span.end();
  return ended[0] as ReadableSpan;
}

const span = (more: Readonly<Record<string, string>> = {}): ReadableSpan =>
  changedBy((each) => each.setAttributes(more));

/** The exported attributes of a span. */
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

test('shared and own attributes are exported together', () => {
  assert.deepEqual(sent(span()), route);
  assert.deepEqual(sent(span({ user: '7' })), { ...route, user: '7' });
  assert.deepEqual(sent(span({ route: '/', user: '7' })), { method: 'GET', route: '/', user: '7' });
  assert.deepEqual(sent(span()), route, 'no other span was changed');
});

test('changes of a processor are exported', () => {
  const changed = span({ user: '7' });
  Object.assign(changed.attributes, { user: '8' });
  assert.deepEqual(sent(changed), { ...route, user: '8' });
});

test('a proxy of a span, or an inheriting object, is exported with its own attributes', () => {
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

test('adopted attributes are exported, read and changed, without undefined ones', () => {
  const described = (): Attributes => ({ path: '/', query: undefined, user: '7' });
  const plain = changedBy((each) => each.adopt(described()));
  assert.deepEqual(sent(plain), { ...route, path: '/', user: '7' });
  assert.deepEqual(plain.attributes, { ...route, path: '/', user: '7' });
  assert.deepEqual(sent(plain), { ...route, path: '/', user: '7' }, 'after they were read');

  const changed = changedBy((each) => {
    each.adopt(described());
    each.setAttribute('user', '8').setAttributes({ query: 'a', method: 'PUT', more: 'b' });
    each.adopt({ late: 'c' });
  });
  const all = { method: 'PUT', route: '/users/:id', path: '/', query: 'a', user: '8', more: 'b', late: 'c' };
  assert.deepEqual(sent(changed), all);
  assert.deepEqual(changed.attributes, all);

  const untouched = changedBy((each) => {
    each.end();
    each.adopt({ late: 'c' });
  });
  assert.deepEqual(sent(untouched), route);
});

test('adopted attributes are subject to the limits', () => {
  const described = (): Attributes => ({ path: '/a/long/one', query: undefined, user: '7' });
  const cut = changedBy((each) => each.adopt(described()), { attributeValueLengthLimit: 4 });
  assert.deepEqual(sent(cut), { method: 'GET', route: '/use', path: '/a/l', user: '7' });

  const few = changedBy((each) => each.adopt(described()), { attributeCountLimit: 3 });
  assert.deepEqual(sent(few), { ...route, path: '/a/long/one' });
  assert.equal(few.droppedAttributesCount, 1);

  const many = changedBy(
    (each) => {
      each.adopt(described());
      for (let count = 0; count < 40; count++) each.setAttribute(`more${count}`, 'x');
    },
    { attributeCountLimit: 40 },
  );
  assert.equal(Object.keys(sent(many)).length, 40);
  assert.equal(many.droppedAttributesCount, 4);
});
