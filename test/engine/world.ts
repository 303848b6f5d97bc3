import { inspect } from 'node:util';
import {
  context,
  type Context,
  diag,
  DiagLogLevel,
  type HrTime,
  type Link,
  type Logger,
  type Tracer,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  LoggerProvider,
  type LoggerProviderOptions,
  type LogRecordProcessor,
  type ReadableLogRecord,
} from '@opentelemetry/sdk-logs';
import {
  type ReadableSpan,
  type Span,
  type SpanProcessor,
  TracerProvider,
  type TracerProviderOptions,
} from '@opentelemetry/sdk-trace';
import { LeanLoggerProvider, LeanTracerProvider } from '@sonde/sdk';

/** Which implementation a program runs on. */
export type Engine = 'standard' | 'lean';

/** The providers and operations of a program. */
export interface Setting {
  readonly traces?: TracerProviderOptions;
  /** Tells the lean engine that the sampler needs no attributes. */
  readonly samplerLooksAtAttributes?: boolean;
  readonly logs?: LoggerProviderOptions;
  /** Has no processor that takes log records of every kind. */
  readonly takesEventsAlone?: boolean;
}

const begun = Date.now() - 1000;

/** A time as what a program gave, or "now" for one that was measured. */
function shownTime(time: HrTime): unknown {
  const ms = time[0] * 1000 + time[1] / 1e6;
  return ms >= begun && ms <= Date.now() + 1000 ? 'now' : time;
}

function shownDuration(span: ReadableSpan): unknown {
  const ends = [shownTime(span.startTime), shownTime(span.endTime)];
  if (!ends.includes('now')) return span.duration;
  const [seconds, nanos] = span.duration;
  const isNow = ends.every((end) => end === 'now');
  if (isNow && seconds >= 0 && seconds < 60 && nanos >= 0 && nanos < 1e9) return 'short';
  return isNow ? span.duration : `mixed ${Math.sign(seconds)}`;
}

/** All that an exporter can read of a span. */
export function shownSpan(span: ReadableSpan): object {
  const { name, kind, parentSpanContext, status, ended, resource, instrumentationScope } = span;
  const { attributes, droppedAttributesCount, droppedEventsCount, droppedLinksCount } = span;
  return {
    name,
    kind,
    spanContext: span.spanContext(),
    parentSpanContext,
    startTime: shownTime(span.startTime),
    endTime: shownTime(span.endTime),
    duration: shownDuration(span),
    status,
    attributes,
    links: span.links,
    events: span.events.map((event) => ({ ...event, time: shownTime(event.time) })),
    ended,
    resource: resource.attributes,
    instrumentationScope,
    dropped: [droppedAttributesCount, droppedEventsCount, droppedLinksCount],
  };
}

/** All that an exporter can read of a log record. */
function shownRecord(record: ReadableLogRecord): object {
  const { spanContext, severityNumber, severityText, body, eventName, attributes } = record;
  return {
    time: shownTime(record.hrTime),
    observed: shownTime(record.hrTimeObserved),
    spanContext,
    severityNumber,
    severityText,
    body,
    eventName,
    attributes,
    resource: record.resource.attributes,
    scope: record.instrumentationScope,
    dropped: record.droppedAttributesCount,
  };
}

/** One engine with its providers, and a diary of everything that could be seen of it. */
export class World implements SpanProcessor, LogRecordProcessor {
  readonly diary: string[] = [];
  readonly spans: ReadableSpan[] = [];
  readonly records: ReadableLogRecord[] = [];
  readonly tracer: Tracer;
  readonly logger: Logger;
  readonly tracerProvider: TracerProvider | LeanTracerProvider;
  readonly loggerProvider: LoggerProvider;
  #ids = 0;

  constructor(engine: Engine, { traces = {}, logs = {}, ...setting }: Setting = {}) {
    const { samplerLooksAtAttributes, takesEventsAlone = false } = setting;
    const resource = resourceFromAttributes({ 'service.name': 'oracle' });
    const [Traces, Logs] =
      engine === 'lean' ? [LeanTracerProvider, LeanLoggerProvider] : [TracerProvider, LoggerProvider];
    const tracing = {
      resource,
      idGenerator: {
        generateTraceId: () => this.#id(32),
        generateSpanId: () => this.#id(16),
      },
      ...traces,
      ...(samplerLooksAtAttributes === undefined ? {} : { samplerLooksAtAttributes }),
      spanProcessors: [this, ...(traces.spanProcessors ?? [])],
    };
    this.tracerProvider = new Traces(tracing);
    const picky: LogRecordProcessor = {
      onEmit: (record, emitted) => this.onEmit(record, emitted),
      enabled: ({ eventName }) => eventName !== undefined,
      forceFlush: () => this.forceFlush(),
      shutdown: () => this.shutdown(),
    };
    const processors = takesEventsAlone ? [picky] : [...(logs.processors ?? []), this];
    this.loggerProvider = new Logs({ resource, ...logs, processors });
    this.tracer = this.tracerProvider.getTracer('oracle', '1.2.3', { schemaUrl: 'https://oracle' });
    this.logger = this.loggerProvider.getLogger('oracle', '1.2.3', {
      attributes: { 'scope.kind': 'test' },
    });
  }

  /** Notes something that a program can see. */
  note(what: string, seen?: unknown): void {
    this.diary.push(`${what} ${inspect(seen, { depth: 12, breakLength: 200, maxStringLength: null })}`);
  }

  /** Does something and notes what it throws, if it does. */
  attempt(what: string, act: () => unknown): void {
    try {
      act();
    } catch (error) {
      this.note(`${what} threw`, (error as Error).constructor.name);
    }
  }

  onStart(span: Span, parent: Context): void {
    this.note('onStart', [shownSpan(span), parent === context.active()]);
  }

  onEnding(span: Span): void {
    this.note('onEnding', shownSpan(span));
    span.setAttribute('ending', true);
  }

  onEnd(span: ReadableSpan): void {
    this.note('onEnd', shownSpan(span));
    this.spans.push(span);
  }

  onEmit(record: ReadableLogRecord, emitted?: Context): void {
    this.note('onEmit', [shownRecord(record), emitted === context.active()]);
    this.records.push(record);
  }

  async forceFlush(): Promise<void> {
    this.note('forceFlush');
  }

  async shutdown(): Promise<void> {
    this.note('shutdown');
  }

  /** Notes what is left when a program has ended: what an exporter gets later. */
  close(): void {
    for (const span of this.spans) this.note('span', shownSpan(span));
    for (const record of this.records) this.note('record', shownRecord(record));
  }

  #id(length: number): string {
    this.#ids++;
    // Well spread, so that a ratio samples some traces and not others.
    return Math.imul(this.#ids, 0x9e3779b1)
      .toString(16)
      .replace('-', 'f')
      .padStart(length, '5')
      .slice(-length);
  }
}

/** A link to somewhere. */
export const linkTo = (digit: number, attributes?: Link['attributes']): Link => ({
  context: { traceId: String(digit).repeat(32), spanId: String(digit).repeat(16), traceFlags: 1 },
  ...(attributes === undefined ? {} : { attributes }),
});

/** Runs a program on an engine, and gives the diary: with what OpenTelemetry said of itself. */
export async function observe(
  engine: Engine,
  program: (start: (setting?: Setting) => World) => unknown,
): Promise<string[]> {
  const worlds: World[] = [];
  const said =
    (level: string) =>
    (message: string): void => {
      worlds.at(-1)?.diary.push(`${level} ${message}`);
    };
  const logger = {
    error: said('error'),
    warn: said('warn'),
    info: said('info'),
    debug: said('debug'),
    verbose: said('verbose'),
  };
  diag.setLogger(logger, { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true });
  context.disable();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  worlds.length = 0;
  await program((setting) => {
    const world = new World(engine, setting);
    worlds.push(world);
    world.diary.length = 0;
    return world;
  });
  for (const world of worlds) world.close();
  diag.disable();
  return worlds.flatMap(({ diary }) => diary);
}
