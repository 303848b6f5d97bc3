// Calls every method of the API with hostile arguments, and prints the calls that throw or take long.
const api = require('@opentelemetry/api');
const { standIns } = require('./generated-stand-ins.cjs');
const { objectTraps, refuse, revoked, shown } = require('./generated-values.cjs');

const isBare = process.env.HOSTILE_BARE === '1';
const slowMs = Number(process.env.HOSTILE_SLOW_MS);
const sonde = isBare ? standIns : require('@sonde/otel');
if (!isBare) sonde.start({ logs: { console: false, level: 'trace' } });

const traps = [...objectTraps, 'apply', 'construct'];
const refusing = (target) => new Proxy(target, Object.fromEntries(traps.map((trap) => [trap, refuse(trap)])));
const fields = [
  'a',
  'name',
  'context',
  'attributes',
  'code',
  'message',
  'stack',
  'startTime',
  'kind',
  'links',
  'root',
  'unit',
  'schemaUrl',
  'valueType',
  'description',
  'advice',
  'body',
  'severityNumber',
];
const throwing = Object.create(
  {},
  Object.fromEntries(fields.map((field) => [field, { get: refuse(field), enumerable: true }])),
);
const loud = {
  toString: refuse('toString'),
  valueOf: refuse('valueOf'),
  [Symbol.toPrimitive]: refuse('text'),
};
let shared = { leaf: 'x' };
for (let level = 0; level < 40; level++) shared = [shared, shared];
let deep = {};
for (let level = 0; level < 20_000; level++) deep = { deep };
const circle = {};
circle.self = circle;

const values = {
  undefined,
  null: null,
  zero: 0,
  nan: Number.NaN,
  text: 'x',
  empty: '',
  symbol: Symbol('s'),
  integer: 5n,
  fn: () => {},
  'throwing function': refuse('call'),
  object: {},
  'null prototype': Object.create(null),
  list: [],
  'empty items': [null, undefined],
  proxy: refusing({}),
  'proxy of a list': refusing([]),
  'proxy of a function': refusing(() => {}),
  revoked: revoked({}),
  'revoked function': revoked(() => {}),
  throwing,
  shared: { a: shared, attributes: { a: shared }, links: [{ context: {}, attributes: { a: shared } }] },
  'shared list': shared,
  deep,
  circle,
  loud,
  'loud fields': Object.fromEntries(fields.map((field) => [field, loud])),
  'wrong fields': Object.fromEntries(fields.map((field) => [field, Symbol(field)])),
  'invalid date': new Date(Number.NaN),
  iterable: { [Symbol.iterator]: refuse('iterator') },
  'long text': 'h'.repeat(1_000_000),
  'invalid time': [Number.NaN, Number.NaN],
  symbols: [Symbol('a'), 1],
  boundaries: { advice: { explicitBucketBoundaries: [Symbol('x')] } },
  'boundaries that refuse': { advice: { explicitBucketBoundaries: refusing([]) } },
  'parts that refuse': { links: refusing([]), attributes: refusing({}) },
  'links that are none': { links: [null, undefined, revoked({})] },
};

const tracer = api.trace.getTracer('hostile');
const meter = api.metrics.getMeter('hostile');
const logger = api.logs.getLogger('hostile');
const adding = [meter.createCounter('counter'), meter.createUpDownCounter('sum')];
const recording = [meter.createHistogram('histogram'), meter.createGauge('gauge')];
const observable = meter.createObservableGauge('observable');
const start = () => tracer.startSpan('span');
const linked = () => start().spanContext();
const active = () => api.context.active();
const traceId = '1'.repeat(32);
const spanId = '2'.repeat(16);
const recordAll = () => {
  start().end();
  logger.emit({ body: 'x' });
  recording[0].record(1);
  sonde.getLogger('hostile').info('x');
};

const calls = {
  'getTracer(name)': (v) => api.trace.getTracer(v).startSpan('x').end(),
  'getTracer(version)': (v) => api.trace.getTracer('a', v).startSpan('x').end(),
  'getTracer(options)': (v) => api.trace.getTracer('a', '1', v).startSpan('x').end(),
  'getMeter(name)': (v) => api.metrics.getMeter(v).createCounter('x').add(1),
  'getMeter(version)': (v) => api.metrics.getMeter('a', v).createCounter('x').add(1),
  'getMeter(options)': (v) => api.metrics.getMeter('a', '1', v).createCounter('x').add(1),
  'getLogger(name)': (v) => api.logs.getLogger(v).emit({ body: 'x' }),
  'getLogger(version)': (v) => api.logs.getLogger('a', v).emit({ body: 'x' }),
  'getLogger(options)': (v) => api.logs.getLogger('a', '1', v).emit({ body: 'x' }),
  'getLogger(attributes)': (v) => api.logs.getLogger('a', '1', { attributes: v }).emit({ body: 'x' }),
  'getLogger(attribute)': (v) => api.logs.getLogger('a', '1', { attributes: { v } }).emit({ body: 'x' }),
  'startSpan(name)': (v) => tracer.startSpan(v).end(),
  'startSpan(options)': (v) => tracer.startSpan('x', v).end(),
  'startSpan(attributes)': (v) => tracer.startSpan('x', { attributes: v }).end(),
  'startSpan(attribute)': (v) => tracer.startSpan('x', { attributes: { v } }).end(),
  'startSpan(links)': (v) => tracer.startSpan('x', { links: v }).end(),
  'startSpan(link)': (v) => tracer.startSpan('x', { links: [v] }).end(),
  'startSpan(link attributes)': (v) =>
    tracer.startSpan('x', { links: [{ context: linked(), attributes: v }] }).end(),
  'startSpan(time)': (v) => tracer.startSpan('x', { startTime: v }).end(),
  'startSpan(kind)': (v) => tracer.startSpan('x', { kind: v }).end(),
  'startSpan(context)': (v) => tracer.startSpan('x', {}, v).end(),
  'startActiveSpan(name)': (v) => tracer.startActiveSpan(v, (span) => span.end()),
  'startActiveSpan(options)': (v) => tracer.startActiveSpan('x', v, (span) => span.end()),
  'setAttribute(value)': (v) => start().setAttribute('a', v).end(),
  'setAttribute(name)': (v) => start().setAttribute(v, 1).end(),
  'setAttributes()': (v) => start().setAttributes(v).end(),
  'setAttributes(value)': (v) => start().setAttributes({ v }).end(),
  'addEvent(name)': (v) => start().addEvent(v).end(),
  'addEvent(attributes)': (v) => start().addEvent('e', v).end(),
  'addEvent(attribute)': (v) => start().addEvent('e', { v }).end(),
  'addEvent(time)': (v) => start().addEvent('e', {}, v).end(),
  'addLink()': (v) => start().addLink(v).end(),
  'addLink(attributes)': (v) => start().addLink({ context: linked(), attributes: v }).end(),
  'addLinks()': (v) => start().addLinks(v).end(),
  'addLinks(link)': (v) => start().addLinks([v]).end(),
  'setStatus()': (v) => start().setStatus(v).end(),
  'setStatus(code)': (v) => start().setStatus({ code: v }).end(),
  'setStatus(message)': (v) => start().setStatus({ code: api.SpanStatusCode.ERROR, message: v }).end(),
  'updateName()': (v) => start().updateName(v).end(),
  'recordException()': (v) => start().recordException(v),
  'recordException(time)': (v) => start().recordException(new Error('x'), v),
  'end(time)': (v) => start().end(v),
  'all after end()': (v) => {
    const span = start();
    span.end();
    span
      .setAttribute(v, v)
      .setAttributes(v)
      .addEvent(v, v, v)
      .addLink(v)
      .addLinks(v)
      .setStatus(v)
      .updateName(v);
    span.recordException(v, v);
    span.end(v);
  },
  'createCounter(name)': (v) => meter.createCounter(v).add(1),
  'createCounter(options)': (v) => meter.createCounter('counter.o', v).add(1),
  'createUpDownCounter(options)': (v) => meter.createUpDownCounter('sum.o', v).add(1),
  'createHistogram(name)': (v) => meter.createHistogram(v).record(1),
  'createHistogram(options)': (v) => meter.createHistogram('histogram.o', v).record(1),
  'createGauge(options)': (v) => meter.createGauge('gauge.o', v).record(1),
  'createObservableGauge(name)': (v) => meter.createObservableGauge(v),
  'createObservableCounter(options)': (v) => meter.createObservableCounter('observable.o', v),
  'createObservableUpDownCounter()': (v) => meter.createObservableUpDownCounter(v, v),
  'addCallback()': (v) => observable.addCallback(v),
  'removeCallback()': (v) => observable.removeCallback(v),
  'addBatchObservableCallback(callback)': (v) => meter.addBatchObservableCallback(v, [observable]),
  'addBatchObservableCallback(list)': (v) => meter.addBatchObservableCallback(() => {}, v),
  'addBatchObservableCallback(item)': (v) => meter.addBatchObservableCallback(() => {}, [v]),
  'removeBatchObservableCallback(callback)': (v) => meter.removeBatchObservableCallback(v, [observable]),
  'removeBatchObservableCallback(list)': (v) => meter.removeBatchObservableCallback(() => {}, v),
  'add(value)': (v) => adding.forEach((each) => each.add(v)),
  'add(attributes)': (v) => adding.forEach((each) => each.add(1, v)),
  'add(attribute)': (v) => adding.forEach((each) => each.add(1, { v })),
  'add(context)': (v) => adding.forEach((each) => each.add(1, {}, v)),
  'record(value)': (v) => recording.forEach((each) => each.record(v)),
  'record(attributes)': (v) => recording.forEach((each) => each.record(1, v)),
  'record(attribute)': (v) => recording.forEach((each) => each.record(1, { v })),
  'record(context)': (v) => recording.forEach((each) => each.record(1, {}, v)),
  'emit()': (v) => logger.emit(v),
  'emit(body)': (v) => logger.emit({ body: v }),
  'emit(attributes)': (v) => logger.emit({ attributes: v }),
  'emit(attribute)': (v) => logger.emit({ attributes: { v } }),
  'emit(context)': (v) => logger.emit({ context: v }),
  'emit(times)': (v) => logger.emit({ timestamp: v, observedTimestamp: v }),
  'emit(severity)': (v) => logger.emit({ severityNumber: v, severityText: v }),
  'emit(event)': (v) => logger.emit({ eventName: v }),
  'emit(exception)': (v) => logger.emit({ exception: v }),
  'enabled()': (v) => typeof logger.enabled(v),
  'enabled(options)': (v) => typeof logger.enabled({ severityNumber: v, eventName: v, context: v }),
  'sonde.getLogger(name)': (v) => sonde.getLogger(v).info('x'),
  'sonde child()': (v) => sonde.getLogger('a').child(v).info('x'),
  'sonde info()': (v) => sonde.getLogger('a').info(v, v),
  'sonde exception()': (v) => sonde.getLogger('a').exception(v, v, v),
  'sonde.span(name)': (v) => sonde.span(v, () => {}),
  'sonde.span(attributes)': (v) => sonde.span('x', { v }, () => {}),
  'sonde.traced(name)': (v) => sonde.traced(v, () => {})(),
  'sonde.counter()': (v) => sonde.counter(v).add(1),
  'sonde.counter(options)': (v) => sonde.counter('x', v).add(1),
  'sonde.histogram()': (v) => sonde.histogram(v, v).record(1),
  'sonde.gauge()': (v) => sonde.gauge(v, v).record(1),
  'sonde.upDownCounter()': (v) => sonde.upDownCounter(v, v).add(1),
  'sonde.timed(attributes)': (v) => sonde.timed(sonde.histogram('x'), { v }, () => {})(),
  'inject(carrier)': (v) => api.propagation.inject(api.trace.setSpan(active(), start()), v),
  'extract(carrier)': (v) => api.propagation.extract(active(), v),
  'extract(header)': (v) => api.propagation.extract(active(), { traceparent: v, tracestate: v, baggage: v }),
  'baggage entry': (v) => {
    const baggage = api.propagation.createBaggage({ a: { value: v } });
    api.propagation.inject(api.propagation.setBaggage(active(), baggage), {});
  },
  'parent span context': (v) =>
    tracer
      .startSpan('x', {}, api.trace.setSpanContext(active(), { traceId: v, spanId: v, traceFlags: v }))
      .end(),
  'parent trace state': (v) => {
    const parent = { traceId, spanId, traceFlags: 1, traceState: v };
    const context = api.trace.setSpanContext(active(), parent);
    tracer.startSpan('x', {}, context).end();
    api.propagation.inject(context, {});
  },
  'active span': (v) => api.context.with(api.trace.setSpan(active(), v), recordAll),
  'active span context': (v) => api.context.with(api.trace.setSpanContext(active(), v), recordAll),
};

const only = process.env.HOSTILE_ONLY;
for (const [call, act] of Object.entries(calls)) {
  if (only !== undefined && only !== call) continue;
  for (const [value, given] of Object.entries(values)) {
    // The API and the propagators of upstream convert them to text.
    if (value === 'shared list' && /^(?:baggage|parent|active)/.test(call)) continue;
    const startMs = performance.now();
    try {
      act(given);
    } catch (error) {
      console.log(`${call} of ${value} throws: ${shown(error)}`);
    }
    const ms = performance.now() - startMs;
    if (ms > slowMs) console.log(`${call} of ${value} takes ${Math.round(ms)} ms`);
  }
}
process.once('exit', () => console.log('done'));
