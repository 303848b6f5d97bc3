import {
  type Attributes,
  createTraceState,
  type HrTime,
  type Link,
  SeverityNumber,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  ValueType,
} from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import {
  AggregationTemporality,
  DataPointType,
  type ExponentialHistogram,
  type Histogram,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace';
import type { Random } from '../support/random.ts';

const texts = [
  '',
  'GET',
  '/users/:id',
  'żółw',
  '日本語',
  '🦥 slow',
  '\ud800 alone',
  'a\udc00',
  '\u0000',
  'é',
];
const lengths = [0, 1, 47, 48, 49, 63, 64, 126, 127, 128, 129, 300, 16_383, 16_384, 70_000];
// oxfmt-ignore
const numbers = [
  0, -0, 1, -1, 127, 128, 300, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53 - 1, -(2 ** 53) + 1, 2 ** 53, 2 ** 62,
  2 ** 63, -(2 ** 63), 1e300, 0.5, -1.5, 1e-320, NaN, Infinity, -Infinity,
];

/** A string, ASCII or not, sometimes long. */
function text(random: Random): string {
  const usual = random.pick(texts);
  return random.once(6) ? (usual || 'x').repeat(random.pick(lengths)).slice(0, 70_000) : usual;
}

/** A value of an attribute or a body, of any type. */
function value(random: Random, depth = 0): unknown {
  const choice = random.below(depth > 4 ? 8 : 13);
  if (choice <= 2) return text(random);
  if (choice <= 4) return random.pick(numbers);
  if (choice === 5) return random.once(2);
  if (choice === 6) return random.pick([null, undefined, () => 'no', Symbol('no')]);
  if (choice === 7) return Uint8Array.from(random.some(random.pick([0, 3, 200]), () => random.below(256)));
  if (choice <= 9) return random.some(4, () => value(random, depth + 1));
  if (choice === 10) return new Date(0);
  return Object.fromEntries(random.some(4, () => [text(random), value(random, depth + 1)]));
}

const frozen: readonly Attributes[] = [
  Object.freeze({ 'http.request.method': 'GET', 'http.route': '/users/:id', status: 200, ok: true }),
  Object.freeze({}),
  Object.freeze({ list: ['changes'], count: 1 }),
];

function attributes(random: Random): Attributes {
  if (random.once(3)) return random.pick(frozen);
  const entries = random.some(random.pick([0, 2, 9]), () => [text(random), value(random)]);
  return Object.fromEntries(entries) as Attributes;
}

const hex = (random: Random, length: number): string =>
  Array.from({ length }, () => random.pick(Array.from('0123456789abcdefAB'))).join('');

function spanContext(random: Random): SpanContext {
  return {
    traceId: hex(random, 32),
    spanId: hex(random, 16),
    traceFlags: random.below(4),
    ...(random.once(2) ? { isRemote: random.once(2) } : {}),
    ...(random.once(3) ? { traceState: createTraceState('a=1,b=żółw') } : {}),
    ...(random.once(3) ? { traceState: createTraceState('vendor=value,other=1') } : {}),
  };
}

function time(random: Random): HrTime {
  if (random.once(9))
    return random.pick<HrTime>([
      [0, 0],
      [NaN, NaN],
      [1, 999_999_999],
      [2 ** 33, 1],
    ]);
  return [1_700_000_000 + random.below(1e9), random.below(1e9)];
}

const dropped = (random: Random): number => (random.once(2) ? 0 : random.below(2 ** 31));

/** Resources and scopes, few enough to be shared by several items. */
export function origins(random: Random): Pick<ReadableSpan, 'resource' | 'instrumentationScope'>[] {
  const resources = Array.from({ length: 2 }, () =>
    resourceFromAttributes(
      attributes(random),
      random.once(2) ? { schemaUrl: 'https://opentelemetry.io/schemas/1.45.0' } : {},
    ),
  );
  return Array.from({ length: 4 }, () => ({
    resource: random.pick(resources),
    instrumentationScope: {
      name: text(random),
      ...(random.once(2) ? { version: text(random) } : {}),
      ...(random.once(2) ? { schemaUrl: 'https://scope' } : {}),
      ...(random.once(2) ? { attributes: attributes(random), droppedAttributesCount: dropped(random) } : {}),
    },
  }));
}

function link(random: Random): Link {
  return {
    context: spanContext(random),
    ...(random.once(2) ? { attributes: attributes(random), droppedAttributesCount: dropped(random) } : {}),
  };
}

function event(random: Random): TimedEvent {
  const named = { name: text(random), time: time(random) };
  return random.once(2)
    ? named
    : { ...named, attributes: attributes(random), droppedAttributesCount: dropped(random) };
}

const kinds = [SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER];
const codes = [SpanStatusCode.UNSET, SpanStatusCode.OK, SpanStatusCode.ERROR];

/** A random span. */
export function span(random: Random, from: ReturnType<typeof origins>): ReadableSpan {
  const context = spanContext(random);
  return {
    ...random.pick(from),
    name: text(random),
    kind: random.pick(kinds),
    spanContext: () => context,
    ...(random.once(2) ? { parentSpanContext: spanContext(random) } : {}),
    startTime: time(random),
    endTime: time(random),
    duration: [0, 1],
    ended: true,
    status: { code: random.pick(codes), ...(random.once(3) ? { message: text(random) } : {}) },
    attributes: attributes(random),
    links: random.some(2, () => link(random)),
    events: random.some(3, () => event(random)),
    droppedAttributesCount: dropped(random),
    droppedEventsCount: dropped(random),
    droppedLinksCount: dropped(random),
  };
}

/** A random log record. */
export function record(random: Random, from: ReturnType<typeof origins>): ReadableLogRecord {
  return {
    ...random.pick(from),
    hrTime: time(random),
    hrTimeObserved: time(random),
    ...(random.once(2) ? { spanContext: spanContext(random) } : {}),
    ...(random.once(2)
      ? {
          severityNumber: random.pick([
            SeverityNumber.UNSPECIFIED,
            SeverityNumber.INFO,
            SeverityNumber.FATAL4,
          ]),
        }
      : {}),
    ...(random.once(2) ? { severityText: text(random) } : {}),
    ...(random.once(2) ? { eventName: text(random) } : {}),
    body: value(random),
    attributes: attributes(random),
    droppedAttributesCount: dropped(random),
  };
}

const counts = (random: Random, most: number): number[] =>
  random.some(most, () => random.pick([0, 1, 7, 2 ** 31, 2 ** 32 + 5, 2 ** 53 - 1]));
const maybe = <T>(random: Random, given: T): T | undefined => (random.once(2) ? given : undefined);
const measured = (random: Random): number => random.pick([...numbers, 12.25]);

function histogram(random: Random): Histogram {
  return {
    buckets: { boundaries: random.some(20, () => measured(random)), counts: counts(random, 21) },
    count: random.pick([0, 5, 2 ** 40]),
    sum: maybe(random, measured(random)),
    min: maybe(random, measured(random)),
    max: maybe(random, measured(random)),
  } as Histogram;
}

function exponential(random: Random): ExponentialHistogram {
  const buckets = (): ExponentialHistogram['positive'] => ({
    offset: random.pick([0, 1, -1, 160, -20_000]),
    bucketCounts: counts(random, 160),
  });
  return {
    count: random.pick([0, 5, 2 ** 40]),
    sum: maybe(random, measured(random)),
    scale: random.pick([0, 20, -10, 3]),
    zeroCount: random.pick([0, 3, 2 ** 35]),
    positive: buckets(),
    negative: buckets(),
    min: maybe(random, measured(random)),
    max: maybe(random, measured(random)),
  } as ExponentialHistogram;
}

function metric(random: Random): MetricData {
  const isInteger = random.once(2);
  const point = <T>(given: T): { value: T; attributes: Attributes; startTime: HrTime; endTime: HrTime } => ({
    value: given,
    attributes: attributes(random),
    startTime: time(random),
    endTime: time(random),
  });
  const number = (): number =>
    isInteger ? random.pick([0, 1, -1, 2 ** 40, -(2 ** 40), 2 ** 53 - 1]) : measured(random);
  const common = {
    descriptor: {
      name: text(random),
      description: text(random),
      unit: random.pick(['', 's', '{request}']),
      valueType: isInteger ? ValueType.INT : ValueType.DOUBLE,
    },
    aggregationTemporality: random.pick([AggregationTemporality.DELTA, AggregationTemporality.CUMULATIVE]),
  };
  switch (random.below(4)) {
    case 0: {
      const dataPoints = random.some(3, () => point(number()));
      return { ...common, dataPointType: DataPointType.SUM, isMonotonic: random.once(2), dataPoints };
    }
    case 1:
      return {
        ...common,
        dataPointType: DataPointType.GAUGE,
        dataPoints: random.some(3, () => point(number())),
      };
    case 2: {
      const dataPoints = random.some(3, () => point(histogram(random)));
      return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints };
    }
    default: {
      const dataPoints = random.some(3, () => point(exponential(random)));
      return { ...common, dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM, dataPoints };
    }
  }
}

/** Random collected metrics. */
export function resourceMetrics(random: Random): ResourceMetrics {
  const from = origins(random);
  return {
    resource: random.pick(from).resource,
    scopeMetrics: Array.from({ length: 2 }, () => ({
      scope: random.pick(from).instrumentationScope,
      metrics: random.some(4, () => metric(random)),
    })),
  };
}
