import { constants, performance, PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import type { Meter } from '@opentelemetry/api';
import {
  ATTR_NODEJS_EVENTLOOP_STATE,
  ATTR_V8JS_GC_TYPE,
  ATTR_V8JS_HEAP_SPACE_NAME,
  ATTR_V8JS_RESOURCE_TYPE,
  METRIC_NODEJS_EVENTLOOP_DELAY_MAX,
  METRIC_NODEJS_EVENTLOOP_DELAY_MEAN,
  METRIC_NODEJS_EVENTLOOP_DELAY_MIN,
  METRIC_NODEJS_EVENTLOOP_DELAY_P50,
  METRIC_NODEJS_EVENTLOOP_DELAY_P90,
  METRIC_NODEJS_EVENTLOOP_DELAY_P99,
  METRIC_NODEJS_EVENTLOOP_DELAY_STDDEV,
  METRIC_NODEJS_EVENTLOOP_TIME,
  METRIC_NODEJS_EVENTLOOP_UTILIZATION,
  METRIC_V8JS_GC_DURATION,
  METRIC_V8JS_MEMORY_HEAP_LIMIT,
  METRIC_V8JS_MEMORY_HEAP_SPACE_AVAILABLE_SIZE,
  METRIC_V8JS_MEMORY_HEAP_SPACE_PHYSICAL_SIZE,
  METRIC_V8JS_MEMORY_HEAP_SPACE_SIZE,
  METRIC_V8JS_MEMORY_HEAP_USED,
  METRIC_V8JS_RESOURCE_ACTIVE,
} from '../../semconv.ts';
import { type EventLoopDelay, EventLoopWindow } from './event-loop-window.ts';
import { observeBatch, type Unregister } from './observe-batch.ts';
import { ReaderWindows } from './reader-windows.ts';

const delayMetrics: readonly [name: string, member: keyof EventLoopDelay, description: string][] = [
  [METRIC_NODEJS_EVENTLOOP_DELAY_MIN, 'min', 'Event loop minimum delay.'],
  [METRIC_NODEJS_EVENTLOOP_DELAY_MAX, 'max', 'Event loop maximum delay.'],
  [METRIC_NODEJS_EVENTLOOP_DELAY_MEAN, 'mean', 'Event loop mean delay.'],
  [METRIC_NODEJS_EVENTLOOP_DELAY_STDDEV, 'stddev', 'Event loop standard deviation delay.'],
  [METRIC_NODEJS_EVENTLOOP_DELAY_P50, 'p50', 'Event loop 50 percentile delay.'],
  [METRIC_NODEJS_EVENTLOOP_DELAY_P90, 'p90', 'Event loop 90 percentile delay.'],
  [METRIC_NODEJS_EVENTLOOP_DELAY_P99, 'p99', 'Event loop 99 percentile delay.'],
];
const active = Object.freeze({ [ATTR_NODEJS_EVENTLOOP_STATE]: 'active' });
const idle = Object.freeze({ [ATTR_NODEJS_EVENTLOOP_STATE]: 'idle' });

/**
 * Registers the metrics of the event loop, of garbage collection and of the V8 heap.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/runtime/nodejs-metrics/
 */
export function registerRuntimeMetrics(meter: Meter): Unregister {
  const ends = [
    registerEventLoop(meter),
    registerHeap(meter),
    registerActiveResources(meter),
    observeGarbageCollection(meter),
  ];
  return () => ends.forEach((end) => end());
}

function registerEventLoop(meter: Meter): Unregister {
  const windows = new ReaderWindows(() => new EventLoopWindow());
  const delays = delayMetrics.map(
    ([name, member, description]) =>
      [meter.createObservableGauge(name, { description, unit: 's' }), member] as const,
  );
  const utilization = meter.createObservableGauge(METRIC_NODEJS_EVENTLOOP_UTILIZATION, {
    description: 'Event loop utilization.',
    unit: '1',
  });
  const time = meter.createObservableCounter(METRIC_NODEJS_EVENTLOOP_TIME, {
    description: 'Cumulative duration of time the event loop has been in each state.',
    unit: 's',
  });
  const end = observeBatch(meter, [utilization, time, ...delays.map(([gauge]) => gauge)], (result) => {
    const total = performance.eventLoopUtilization();
    result.observe(time, total.active / 1000, active);
    result.observe(time, total.idle / 1000, idle);
    windows.read((window) => {
      result.observe(utilization, window.utilization());
      const delay = window.delay();
      if (delay !== undefined) for (const [gauge, member] of delays) result.observe(gauge, delay[member]);
    });
  });
  return () => {
    end();
    windows.close();
  };
}

function registerHeap(meter: Meter): Unregister {
  const size = meter.createObservableUpDownCounter(METRIC_V8JS_MEMORY_HEAP_SPACE_SIZE, {
    description: 'Total heap memory size pre-allocated for a heap space.',
    unit: 'By',
  });
  const used = meter.createObservableGauge(METRIC_V8JS_MEMORY_HEAP_USED, {
    description: 'Heap Memory size allocated.',
    unit: 'By',
  });
  const available = meter.createObservableGauge(METRIC_V8JS_MEMORY_HEAP_SPACE_AVAILABLE_SIZE, {
    description: 'Heap space available size.',
    unit: 'By',
  });
  const physical = meter.createObservableGauge(METRIC_V8JS_MEMORY_HEAP_SPACE_PHYSICAL_SIZE, {
    description: 'Committed size of a heap space.',
    unit: 'By',
  });
  const limit = meter.createObservableUpDownCounter(METRIC_V8JS_MEMORY_HEAP_LIMIT, {
    description: 'Total heap memory size pre-allocated.',
    unit: 'By',
  });
  const spaces = new Map<string, Readonly<Record<string, string>>>();
  return observeBatch(meter, [size, used, available, physical, limit], (result) => {
    for (const space of getHeapSpaceStatistics()) {
      const name = space.space_name;
      const attributes = spaces.get(name) ?? Object.freeze({ [ATTR_V8JS_HEAP_SPACE_NAME]: name });
      spaces.set(name, attributes);
      result.observe(size, space.space_size, attributes);
      result.observe(used, space.space_used_size, attributes);
      result.observe(available, space.space_available_size, attributes);
      result.observe(physical, space.physical_space_size, attributes);
    }
    result.observe(limit, getHeapStatistics().heap_size_limit);
  });
}

function registerActiveResources(meter: Meter): Unregister {
  const resources = meter.createObservableGauge(METRIC_V8JS_RESOURCE_ACTIVE, {
    description: 'Count of the active resources that are currently keeping the event loop alive.',
    unit: '{resource}',
  });
  const counts = new Map<string, number>();
  return observeBatch(meter, [resources], (result) => {
    // A type that had resources is observed as 0, so that its series has no gaps.
    for (const type of counts.keys()) counts.set(type, 0);
    for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1);
    for (const [type, count] of counts) result.observe(resources, count, { [ATTR_V8JS_RESOURCE_TYPE]: type });
  });
}

function observeGarbageCollection(meter: Meter): Unregister {
  const duration = meter.createHistogram(METRIC_V8JS_GC_DURATION, {
    description: 'Garbage collection duration by kind, one of major, minor, incremental or weakcb.',
    unit: 's',
    advice: { explicitBucketBoundaries: [0.01, 0.1, 1, 10] },
  });
  const types: Readonly<Record<number, string>> = {
    [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
    [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
    [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
    [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
  };
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const type = types[(entry as { detail?: { kind?: number } }).detail?.kind ?? 0];
      if (type !== undefined) duration.record(entry.duration / 1000, { [ATTR_V8JS_GC_TYPE]: type });
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  return () => observer.disconnect();
}
