import { parseSeverity, type LevelName } from '../api/level.ts';
import { setSeverities } from '../api/logger-state.ts';
import { state } from '../state.ts';
import { plainLog, type TestLog } from './log.ts';
import { Memory } from './memory.ts';
import type { TestMetric } from './metric.ts';
import { plainSpans, type TestSpan } from './span.ts';

/** Telemetry that a test can look at, until it is disposed of. */
export interface TestTelemetry extends Disposable, AsyncDisposable {
  /** The spans that have ended, in the order in which they started. */
  spans(): TestSpan[];
  /** The log records, in the order in which they were made. */
  logs(): TestLog[];
  /** What was measured, one entry for each metric. */
  metrics(): Promise<TestMetric[]>;
  /** Forgets what was recorded so far: spans and log records at once, metrics when the promise resolves. */
  reset(): Promise<void>;
}

/** What {@link startTesting} takes. */
export interface TestingOptions {
  /** The least severe level that loggers let through. @default 'trace' */
  readonly level?: LevelName;
}

/** `startTesting()` cannot take the place of what is registered with the OpenTelemetry API. */
export class SondeTestingError extends Error {
  override readonly name: string = 'SondeTestingError';
  readonly code: string = 'SONDE_TESTING';
}

/**
 * Keeps all telemetry of this process in memory, for a test to look at. It registers real providers of the
 * OpenTelemetry SDK with the API, synchronously: load what you test before or after. Disposing of it gives the globals
 * back; it can be started again. It needs no test runner.
 *
 * @throws {SondeTestingError} when it runs already, or when another SDK is registered
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
      'startTesting(): there is an SDK already; call it before start(), and dispose of it before you call it again',
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
      disposed = memory.metrics.forget();
    }
    return disposed;
  };
  return {
    spans: () => plainSpans(memory.spans),
    logs: () => memory.logs.map(plainLog),
    metrics: () => memory.metrics.read(),
    reset: () => {
      memory.clear();
      return memory.metrics.forget();
    },
    [Symbol.dispose]: () => void dispose(),
    [Symbol.asyncDispose]: dispose,
  };
}
