export type { TestLog } from './testing/log.ts';
export type { TestDistribution, TestMetric, TestPoint } from './testing/metric.ts';
export type { TestSpan, TestSpanEvent } from './testing/span.ts';
export {
  SondeTestingError,
  startTesting,
  type TestingOptions,
  type TestTelemetry,
} from './testing/start-testing.ts';
