import { parseSeverity, type LevelName } from '../api/level.ts';
import { setSeverities } from '../api/logger-state.ts';
import { state } from '../state.ts';
import { toTestLog, type TestLog } from './log.ts';
import { Memory } from './memory.ts';
import type { TestMetric } from './metric.ts';
import { toTestSpans, type TestSpan } from './span.ts';

/** The telemetry that a test recorded; disposing of it ends the recording. */
export interface TestTelemetry extends Disposable, AsyncDisposable {
  /** The ended spans, in the order in which they started. */
  spans(): TestSpan[];
  /** The log records, in the order in which they were emitted. */
  logs(): TestLog[];
  /** Collects and returns the metrics. */
  metrics(): Promise<TestMetric[]>;
  /** Removes everything recorded so far: spans and log records immediately, metrics once the promise resolves. */
  reset(): Promise<void>;
}

/** Options of {@link startTesting}. */
export interface TestingOptions {
  /** The minimum level of loggers. @default 'trace' */
  readonly level?: LevelName;
}

/** Thrown by `startTesting()` if an SDK is already registered with the OpenTelemetry API. */
export class SondeTestingError extends Error {
  override readonly name: string = 'SondeTestingError';
  readonly code: string = 'SONDE_TESTING';
}

/**
 * Records all telemetry of this process in memory. It synchronously registers providers of the OpenTelemetry SDK with the
 * API; the code under test may be loaded before or after. Disposing of the result unregisters them; `startTesting()` can then
 * be called again. It works with any test runner.
 *
 * @throws {SondeTestingError} if it is already running, or another SDK is registered
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { test } from 'node:test';
 * import { getLogger, span } from '@sonde/otel';
 * import { startTesting } from '@sonde/otel/testing';
 *
 * test('an order is a span with a log record', async () => {
 *   await using telemetry = startTesting();
 *   span('place order', () => getLogger('shop').info('placed'));
 *
 *   const [order] = telemetry.spans();
 *   const [record] = telemetry.logs();
 *   assert.equal(order?.name, 'place order');
 *   assert.equal(record?.spanId, order?.spanId);
 * });
 * ```
 */
export function startTesting(options: TestingOptions = {}): TestTelemetry {
  const memory = (state.memory ??= new Memory());
  if (!memory.register()) {
    throw new SondeTestingError(
      'startTesting(): an SDK is already registered; call it before start(), and dispose of the result before calling it again',
    );
  }
  memory.clear();
  const { rootSeverity, severities } = state;
  setSeverities(parseSeverity(options.level ?? 'trace') ?? 0, new Map());

  let disposed: Promise<void> | undefined;
  const dispose = (): Promise<void> => {
    if (disposed === undefined) {
      memory.unregister();
      setSeverities(rootSeverity, severities);
      disposed = memory.metrics.reset();
    }
    return disposed;
  };
  return {
    spans: () => toTestSpans(memory.spans),
    logs: () => memory.logs.map(toTestLog),
    metrics: () => memory.metrics.read(),
    reset: () => {
      memory.clear();
      return memory.metrics.reset();
    },
    [Symbol.dispose]: () => void dispose(),
    [Symbol.asyncDispose]: dispose,
  };
}
