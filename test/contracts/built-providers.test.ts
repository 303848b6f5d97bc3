import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoggerProvider, type LogRecordProcessor } from '@opentelemetry/sdk-logs';
import { AlwaysOffSampler, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

// Assumptions of Sonde about upstream. A failure after an upgrade shows which one no longer holds.

const nothing = { forceFlush: async (): Promise<void> => {}, shutdown: async (): Promise<void> => {} };

test('a tracer provider reads its processors and its sampler for each new tracer', () => {
  const seen: string[] = [];
  const processor = (name: string): SpanProcessor => ({
    ...nothing,
    onStart: () => void seen.push(name),
    onEnd: () => {},
  });
  const provider = new TracerProvider({ spanProcessors: [processor('built')] });
  const { _activeSpanProcessor: active, _tracerOptions: options } = provider as unknown as {
    _activeSpanProcessor: { _spanProcessors: SpanProcessor[] };
    _tracerOptions: { sampler: unknown };
  };
  active['_spanProcessors'].splice(0, 1, processor('changed'));
  provider.getTracer('before').startSpan('a').end();
  options.sampler = new AlwaysOffSampler();
  provider.getTracer('after').startSpan('b').end();
  assert.deepEqual(seen, ['changed']);
});

test('a logger provider uses the array of processors that it received', () => {
  const seen: string[] = [];
  const processor = (name: string): LogRecordProcessor => ({
    ...nothing,
    onEmit: () => void seen.push(name),
  });
  const provider = new LoggerProvider({ processors: [processor('built')] });
  const { _sharedState: shared } = provider as unknown as {
    _sharedState: { processors: LogRecordProcessor[] };
  };
  shared.processors.unshift(processor('first'));
  provider.getLogger('any').emit({ body: 'a' });
  assert.deepEqual(seen, ['first', 'built']);
});
