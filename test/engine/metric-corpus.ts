import { type Attributes, ROOT_CONTEXT, trace, ValueType } from '@opentelemetry/api';
import { cumulative, delta, everyInstrument, type MetricPrograms, route } from './metric-program.ts';

const within = (spanId: string, traceFlags = 1): typeof ROOT_CONTEXT =>
  trace.setSpanContext(ROOT_CONTEXT, { traceId: 'a'.repeat(32), spanId, traceFlags });

/** Programs that people write, and some that only a test would. */
export const metricCorpus: MetricPrograms = {
  'every instrument, every temporality, again and again': async (start) => {
    const world = start({ readers: [cumulative, delta] });
    const meter = world.metrics.getMeter('m', '1.0', { schemaUrl: 'https://schema' });
    const all = everyInstrument(meter, { unit: 's', description: 'All' });
    for (const round of [1, 2, 3]) {
      for (const measure of all) {
        measure(round);
        if (round < 3) measure(round * 2.5, route);
      }
      world.pass(1000);
      await world.collect(0);
      await world.collect(1);
      world.pass(500);
    }
    await world.collect(1);
  },

  'values that are no numbers, are not finite, negative or whole': async (start) => {
    for (const valueType of [ValueType.INT, ValueType.DOUBLE]) {
      const world = start();
      const all = everyInstrument(world.metrics.getMeter('m'), { valueType });
      const values: unknown[] = [
        Number.NaN,
        Infinity,
        -Infinity,
        '5',
        null,
        undefined,
        7n,
        true,
        {},
        -0.5,
        -3,
        0,
        -0,
      ];
      for (const measure of all) for (const value of [...values, 1.5, 2]) measure(value as number);
      await world.collect();
      await world.collect();
    }
  },

  'attributes in any order, of any type, changed later': async (start) => {
    const world = start();
    const counter = world.metrics.getMeter('m').createCounter('c');
    counter.add(1, { a: 'x', b: 'y' });
    counter.add(2, { b: 'y', a: 'x' });
    counter.add(4, Object.freeze({ b: 'y', a: 'x' }));
    for (const value of ['1', 1, true, 'true', 1n, null, Number.NaN, -0, 0]) counter.add(1, { value });
    const list = ['a'];
    const given: Attributes = { list, name: 'first' };
    counter.add(1, given);
    list.push('b');
    given['name'] = 'second';
    counter.add(1, given);
    counter.add(1, { list: ['a'], name: 'first' });
    const frozen = Object.freeze({ list });
    counter.add(1, frozen);
    list.push('c');
    counter.add(1, frozen);
    let calls = 0;
    const computed = Object.freeze({
      get computed(): number {
        return calls++;
      },
    });
    counter.add(1, computed);
    counter.add(1, computed);
    counter.add(1, Object.defineProperty({}, '__proto__', { value: 1, enumerable: true }));
    counter.add(1, Object.create({ inherited: 1 }) as Attributes);
    counter.add(1, { 7: 'a', 3: 'b' });
    counter.add(1, { undefined });
    for (const odd of [null, 'text', 5, [1]]) counter.add(1, odd as unknown as Attributes);
    const poison = {
      get a(): string {
        throw new RangeError('poison');
      },
    };
    counter.add(1, poison);
    await world.collect();
  },

  'more attribute sets than the limit, for life': async (start) => {
    const world = start({ readers: [cumulative, delta], cardinalityLimit: 5 });
    const counter = world.metrics.getMeter('m').createCounter('c');
    for (let user = 0; user < 30; user++) {
      counter.add(1, { user: user % 12 });
      counter.add(1, { 'otel.metric.overflow': true });
      if (user % 10 === 9) await world.collect(0);
    }
    await world.collect(1);
    counter.add(1, { user: 0 });
    counter.add(1, { user: 99 });
    await world.collect(1);
  },

  'instruments of one name that differ, and meters': async (start) => {
    const world = start();
    const { metrics } = world;
    const meters = [metrics.getMeter('m'), metrics.getMeter('m', ''), metrics.getMeter('m', '1')];
    for (const meter of meters) {
      meter.createCounter('same', { description: 'short' }).add(1);
      meter.createCounter('same', { description: 'a longer one' }).add(1);
      meter.createCounter('same', { unit: 's' }).add(1);
      meter.createCounter('same', { valueType: ValueType.INT }).add(1);
      meter.createCounter('Same').add(1);
      meter.createUpDownCounter('same').add(1);
      meter.createObservableCounter('same').addCallback((result) => result.observe(1));
      meter.createObservableCounter('same').addCallback((result) => result.observe(1));
    }
    world.note('the same meter', meters[0] === metrics.getMeter('m'));
    await world.collect();
  },

  exemplars: async (start) => {
    const world = start();
    const meter = world.metrics.getMeter('m');
    const [counter, histogram, gauge] = [
      meter.createCounter('c'),
      meter.createHistogram('h'),
      meter.createGauge('g'),
    ];
    for (const digit of ['1', '2', '3']) {
      world.pass(1);
      counter.add(Number(digit), route, within(digit.repeat(16)));
      histogram.record(Number(digit) * 20, route, within(digit.repeat(16), Number(digit) % 2));
      gauge.record(1, route, within(digit.repeat(16)));
    }
    counter.add(1, route, within('0'.repeat(16)));
    counter.add(1, route, within('short'));
    counter.add(-1, route, within('4'.repeat(16)));
    await world.collect();
  },

  'no reader, a flush, a shutdown and what comes after': async (start) => {
    start({ readers: [] }).metrics.getMeter('m').createCounter('c').add(1);
    const world = start();
    const counter = world.metrics.getMeter('m').createCounter('c');
    counter.add(1);
    await world.forceFlush();
    await world.shutdown();
    counter.add(1);
    world.collectAtOnce();
    world.metrics.getMeter('late').createCounter('c').add(1);
    await world.forceFlush();
    await world.shutdown();
    world.collectAtOnce();
  },
};
