import { Socket } from 'node:net';

import { SeverityNumber, SpanKind, SpanStatusCode, trace, ROOT_CONTEXT } from '@opentelemetry/api';
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

import { ConsoleLogExporter, type ConsoleLogOptions } from '../console/log-exporter.ts';
import { ConsoleSpanExporter } from '../console/span-exporter.ts';

/** Writes logs or spans as a test asks: `console-app.ts <scenario> <options as JSON>`. */
const [scenario = '', options = '{}'] = process.argv.slice(2);
const logOptions: ConsoleLogOptions = JSON.parse(options);
const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const time = new Date(2026, 10, 22, 12, 0, 0, 123);

function manyLines(exporter: ConsoleLogExporter, count: number): void {
  const logger = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] }).getLogger(
    'app',
  );
  for (let line = 0; line < count; line++) {
    logger.emit({ severityNumber: SeverityNumber.INFO, body: `line ${line} ${'x'.repeat(100)}` });
  }
}

const scenarios: Readonly<Record<string, () => void>> = {
  record: () => {
    const exporter = new ConsoleLogExporter(logOptions);
    const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
    const context = trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: 1 });
    const error = new Error('outer');
    error.stack = 'Error: outer\n    at somewhere\x1b[2J\nCaused by: Error: inner';
    provider.getLogger('app').emit({
      timestamp: time,
      severityNumber: SeverityNumber.WARN,
      body: 'hello\nworld \x1b[31mred\u202e',
      attributes: { 'http.route': '/a b', count: 3, message: 'mine', list: ['x', 1] },
      context,
    });
    provider.getLogger('app.db').emit({
      timestamp: time,
      severityNumber: SeverityNumber.FATAL,
      body: { nested: [1, { deep: true }] },
      attributes: { 'exception.stacktrace': error.stack, 'exception.type': 'Error' },
      context: ROOT_CONTEXT,
    });
  },
  forged: () => {
    const exporter = new ConsoleLogExporter(logOptions);
    const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
    const line = ['\n', '\r\n', '\v', '\f', '\x85', '\u2028', '\u2029', '\x1b[2J\n']
      .map((end) => `${end}2026-11-30 12:00:00,000 CRITICAL admin logged in`)
      .join('');
    provider.getLogger(`app${line}`).emit({
      timestamp: time,
      severityNumber: SeverityNumber.ERROR,
      body: `hello${line}`,
      attributes: {
        [`key${line}`]: line,
        forged: line,
        level: 'mine',
        msg: 'mine',
        time: 'mine',
        severity: 'mine',
        trace: 'mine',
        list: [line],
        'exception.type': `Error${line}`,
        'exception.message': `broken${line}`,
        'exception.stacktrace': `Error: broken${line}\n    at somewhere`,
      },
    });
  },
  exit: () => {
    manyLines(new ConsoleLogExporter(logOptions), 20_000);
    process.exit(7);
  },
  crash: () => {
    manyLines(new ConsoleLogExporter(logOptions), 1000);
    setImmediate(() => {
      throw new Error('crash');
    });
    manyLines(new ConsoleLogExporter(logOptions), 1000);
  },
  nonBlocking: () => {
    // A socket on the descriptor makes it non-blocking for everybody who writes to it.
    const socket = new Socket({ fd: 2, readable: false, writable: true });
    manyLines(new ConsoleLogExporter(logOptions), 20_000);
    socket.unref();
  },
  spans: () => {
    const exporter = new ConsoleSpanExporter({ slowMs: 50, colors: false });
    const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    const tracer = provider.getTracer('test');
    const start = time.getTime();
    const root = tracer.startSpan(
      'GET',
      {
        kind: SpanKind.SERVER,
        startTime: start,
        attributes: {
          'http.request.method': 'GET',
          'http.route': '/users/:id',
          'http.response.status_code': 500,
        },
      },
      ROOT_CONTEXT,
    );
    const inRoot = trace.setSpan(ROOT_CONTEXT, root);
    const slow = tracer.startSpan('SELECT users', { startTime: start + 5 }, inRoot);
    const failed = tracer.startSpan(
      'connect\x1b[2J',
      { startTime: start + 6 },
      trace.setSpan(ROOT_CONTEXT, slow),
    );
    failed.setStatus({ code: SpanStatusCode.ERROR, message: 'refused\n' });
    failed.end(start + 7);
    tracer.startSpan('fast', { startTime: start + 8 }, inRoot).end(start + 9);
    slow.end(start + 80);
    root.setStatus({ code: SpanStatusCode.ERROR });
    root.end(start + 1500);
    tracer.startSpan('job', { startTime: start }, ROOT_CONTEXT).end(start + 0.5);
  },
};

scenarios[scenario]?.();
