import { setTimeout as later } from 'node:timers/promises';
import type { ObservableCallback } from '@opentelemetry/api';
import { cumulative, delta, type MetricPrograms, route } from './metric-program.ts';

const observeTwice: ObservableCallback = (result) => {
  result.observe(2, { from: 'callback' });
  result.observe(3, { from: 'callback' });
  result.observe(Number.NaN, { from: 'nowhere' });
};
const fail: ObservableCallback = () => {
  throw new RangeError('of the callback');
};

/** Programs with callbacks. */
export const observableCorpus: MetricPrograms = {
  'a counter that callbacks observe begins anew': async (start) => {
    for (const reader of [cumulative, delta]) {
      const world = start({ readers: [reader] });
      const meter = world.metrics.getMeter('m');
      const values = [5, 9, 3, 3, -1, 4];
      for (const made of [
        meter.createObservableCounter('counter'),
        meter.createObservableUpDownCounter('upDownCounter'),
        meter.createObservableGauge('gauge'),
      ]) {
        made.addCallback((result) => result.observe(values[world.collections - 1] ?? 0, route));
      }
      for (let count = 0; count < values.length; count++) {
        world.pass(100);
        await world.collect();
      }
    }
  },

  'callbacks at once, in batches, twice, too late and not at all': async (start) => {
    const world = start({ readers: [cumulative, delta] });
    const meter = world.metrics.getMeter('m');
    const other = world.metrics.getMeter('other').createObservableGauge('of another meter');
    const [gauge, sum] = [meter.createObservableGauge('gauge'), meter.createObservableCounter('sum')];
    const late: (() => void)[] = [];
    meter.addBatchObservableCallback(
      async (result) => {
        result.observe(gauge, 1, { from: 'batch' });
        await later(1);
        result.observe(sum, world.collections, route);
        result.observe(other, 7);
        result.observe(meter as never, 7);
        late.push(() => result.observe(gauge, 99, { from: 'late' }));
      },
      [gauge, sum, gauge, other],
    );
    meter.addBatchObservableCallback(() => {}, []);
    meter.addBatchObservableCallback(() => {}, [meter as never]);
    gauge.addCallback(observeTwice);
    gauge.addCallback(observeTwice);
    gauge.addCallback(fail);
    await world.collect(0);
    for (const observe of late) observe();
    gauge.removeCallback(fail);
    gauge.removeCallback(fail);
    await world.collect(1);
    gauge.removeCallback(observeTwice);
    await world.collect(1);
  },
};
