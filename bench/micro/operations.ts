// Reports the cost of hot-path operations of one engine to the parent process.
import { context, ROOT_CONTEXT, SeverityNumber, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { LoggerProvider, type LogRecordProcessor, type ReadableLogRecord } from '@opentelemetry/sdk-logs';
import {
  AlwaysOnSampler,
  ParentBasedSampler,
  type ReadableSpan,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';

import { encoding } from './encoding.ts';

import { measure, type Operations, report } from './report.ts';
import {
  defaultValueLengthLimit,
  HeadSampler,
  LeanLoggerProvider,
  LeanTracerProvider,
  spanIds,
} from '@sonde/sdk';

const isLean = process.argv[2] === 'lean';
const [Traces, Logs] = isLean ? [LeanTracerProvider, LeanLoggerProvider] : [TracerProvider, LoggerProvider];
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

/** Processor that reads the same properties of ended items as Sonde's queue. */
class Counted implements SpanProcessor, LogRecordProcessor {
  count = 0;
  onStart(): void {}
  onEnd(span: ReadableSpan): void {
    const { traceFlags } = spanIds(span) ?? span.spanContext();
    this.count += traceFlags;
  }
  onEmit(record: ReadableLogRecord): void {
    if (record.resource !== undefined) this.count++;
  }
  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

const counted = new Counted();
// Providers with the sanitizer and the length limits of `start()`.
const dropCounter = { countItem: (): void => {}, countAttributes: (): void => {} };
const spanLimits = { attributeValueLengthLimit: defaultValueLengthLimit };
const createTracer = (ratio: number): ReturnType<TracerProvider['getTracer']> => {
  const root = ratio === 1 ? new AlwaysOnSampler() : new TraceIdRatioBasedSampler(ratio);
  const sampler = isLean ? new HeadSampler({ ratio, isParentBased: true }) : new ParentBasedSampler({ root });
  const options = {
    sampler,
    samplerLooksAtAttributes: false,
    spanProcessors: [counted],
    dropCounter,
    spanLimits,
  };
  return new Traces(options).getTracer('micro');
};
const sampled = createTracer(1);
const unsampled = createTracer(0.0001);
const logOptions = { processors: [counted], dropCounter };
const logger = new Logs(logOptions).getLogger('micro');

const eight = (): Record<string, string | number> => ({
  'http.request.method': 'GET',
  'url.scheme': 'http',
  'http.route': '/users/:id',
  'url.path': '/users/42',
  'server.address': 'localhost',
  'server.port': 8080,
  'network.protocol.version': '1.1',
  'user_agent.original': 'wrk',
});
const frozen = Object.freeze(eight());
const record = (): object => ({
  severityNumber: SeverityNumber.INFO,
  severityText: 'INFO',
  body: 'Looking up a user',
  attributes: { 'user.id': '42', 'http.route': '/users/:id', cached: true },
});
const inSpan = trace.setSpan(ROOT_CONTEXT, sampled.startSpan('around'));

const operations: Operations = {
  'startSpan + end, 8 fresh attributes': () => sampled.startSpan('work', { attributes: eight() }).end(),
  'startSpan + end, 8 frozen attributes': () => sampled.startSpan('work', { attributes: frozen }).end(),
  'startSpan + end, 8 frozen attributes, and 4 set later': () => {
    const span = sampled.startSpan('work', { attributes: frozen });
    span.setAttribute('user.id', '42').setAttribute('cached', true);
    span.setAttributes({ 'http.response.status_code': 200, 'network.peer.address': '::1' });
    span.end();
  },
  'the same as a child': () => sampled.startSpan('work', { attributes: frozen }, inSpan).end(),
  'startActiveSpan + end, no attributes': () => sampled.startActiveSpan('work', (span) => span.end()),
  'startSpan + end, 8 fresh attributes, unsampled': () =>
    unsampled.startSpan('work', { attributes: eight() }).end(),
  'startSpan + end, 8 frozen attributes, unsampled': () =>
    unsampled.startSpan('work', { attributes: frozen }).end(),
  'logger.emit, 3 attributes': () => logger.emit(record()),
  'logger.emit, 3 attributes, in a span': () => logger.emit({ ...record(), context: inSpan }),
};
const lookUp = { 'active span, in a span': () => trace.getActiveSpan() };
const batch = encoding(Traces, Logs, isLean, frozen);
const ns = [
  ...measure(operations),
  ...context.with(inSpan, () => measure(lookUp)),
  ...measure(batch.operations, batch.size),
];
report(ns, () => counted.count);
