import { type Attributes, type Meter } from '@opentelemetry/api';
import { AggregationTemporality, type MetricReaderOptions } from '@opentelemetry/sdk-metrics';
import type { MetricSetting, MetricWorld } from './metric-world.ts';

/** A program of metrics that is run on each engine. */
type MetricProgram = (start: (setting?: MetricSetting) => MetricWorld) => unknown;

/** Programs by what they are about. */
export type MetricPrograms = Readonly<Record<string, MetricProgram>>;

const { DELTA, CUMULATIVE } = AggregationTemporality;
export const delta: MetricReaderOptions = { aggregationTemporalitySelector: () => DELTA };
export const cumulative: MetricReaderOptions = { aggregationTemporalitySelector: () => CUMULATIVE };
export const route: Attributes = Object.freeze({ 'http.request.method': 'GET', 'http.route': '/users/:id' });

/** Measures with each kind of instrument. */
export function everyInstrument(
  meter: Meter,
  options = {},
): readonly ((value: number, of?: Attributes) => void)[] {
  const made = [
    meter.createCounter('counter', options),
    meter.createUpDownCounter('upDownCounter', options),
    meter.createHistogram('histogram', options),
    meter.createGauge('gauge', options),
  ];
  return made.map((one) => (value, of) => ('add' in one ? one.add(value, of) : one.record(value, of)));
}
