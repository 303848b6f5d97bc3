import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import {
  AggregationType,
  createAllowListAttributesProcessor,
  type IAttributesProcessor,
  InstrumentType,
} from '@opentelemetry/sdk-metrics';
import { cumulative, delta, everyInstrument, type MetricPrograms } from './metric-program.ts';

/** Programs with views, aggregations and limits. */
export const viewCorpus: MetricPrograms = {
  'the limit of a view and of a reader': async (start) => {
    const world = start({
      readers: [{ cardinalitySelector: () => 3 }, {}],
      views: [{ instrumentName: 'viewed', aggregationCardinalityLimit: 4 }],
    });
    const meter = world.metrics.getMeter('m');
    for (const name of ['viewed', 'plain']) {
      const counter = meter.createCounter(name);
      for (let user = 0; user < 9; user++) counter.add(user, { user });
    }
    await world.collect(0);
    await world.collect(1);
  },

  'views rename, filter, drop, aggregate and lead to the same metric twice': async (start) => {
    const upper: IAttributesProcessor = {
      process: (given, context) => ({
        ...given,
        sampled: trace.getSpanContext(context ?? ROOT_CONTEXT)?.traceFlags ?? 'none',
      }),
    };
    const world = start({
      readers: [cumulative, { aggregationSelector: () => ({ type: AggregationType.LAST_VALUE }) }],
      views: [
        {
          instrumentName: 'counter',
          name: 'calls',
          attributesProcessors: [createAllowListAttributesProcessor(['a'])],
        },
        { instrumentName: 'counter', description: 'twice', attributesProcessors: [upper] },
        { instrumentName: 'count*' },
        { instrumentType: InstrumentType.GAUGE, aggregation: { type: AggregationType.DROP } },
        {
          instrumentName: '*istogram',
          aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize: 4 } },
        },
        { instrumentName: 'nothing*', meterName: 'm' },
        { instrumentUnit: 'By', name: 'bytes', instrumentName: 'upDownCounter' },
      ],
    });
    const span = trace.setSpanContext(ROOT_CONTEXT, {
      traceId: 'a'.repeat(32),
      spanId: 'b'.repeat(16),
      traceFlags: 1,
    });
    for (const unit of ['', 'By']) {
      const meter = world.metrics.getMeter('m');
      for (const measure of everyInstrument(meter, { unit })) {
        measure(1.5, { a: 1, b: 2 });
        measure(300, { a: 1, b: 3 });
      }
      meter.createCounter('counter', { unit }).add(2, { a: 2 }, span);
    }
    await world.collect(0);
    await world.collect(1);
  },

  'views that cannot be': (start) => {
    for (const view of [
      {},
      { name: 'x' },
      { name: 'x', instrumentName: 'a*' },
      { name: 'x', meterName: 'm' },
      { instrumentName: 'a', aggregation: { type: 9 } },
    ]) {
      try {
        start({ views: [view] });
      } catch (error) {
        start().note('threw', String(error));
      }
    }
  },

  'histograms with boundaries by advice, of zeros and of both signs': async (start) => {
    const exponential = { type: AggregationType.EXPONENTIAL_HISTOGRAM } as const;
    const world = start({
      readers: [delta],
      views: [{ instrumentName: 'exponential*', aggregation: exponential }],
    });
    const meter = world.metrics.getMeter('m');
    const advised = [[], [3, 1, 2], [-Infinity, 1, 2, Infinity]].map((explicitBucketBoundaries, index) =>
      meter.createHistogram(`advised.${index}`, { advice: { explicitBucketBoundaries } }),
    );
    for (const histogram of advised) for (const value of [0, 1, 1.5, 2, 3, 99]) histogram.record(value);
    const sizes = [0, 0.1, 1, 1.1, 1024, 1025, 3e-308, 5e-324, Number.MAX_VALUE];
    for (const [index, size] of sizes.entries()) {
      const gauge = meter.createGauge(`exponential.${index}`);
      for (const value of [size, -size, size * 3, size / 7]) gauge.record(value);
    }
    const counted = meter.createHistogram('exponential.of.many');
    for (let value = 1; value < 400; value++) counted.record(value * value);
    await world.collect();
    counted.record(4);
    await world.collect();
  },
};
