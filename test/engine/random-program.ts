import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type Attributes,
  context,
  type Context,
  createTraceState,
  type LogRecord,
  ROOT_CONTEXT,
  SeverityNumber,
  type Span,
  type SpanKind,
  type SpanOptions,
  type SpanStatus,
  type SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import type { LoggerProviderOptions, LogRecordProcessor } from '@opentelemetry/sdk-logs';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  createAlwaysRecordSampler,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import type { Random } from '../support/random.ts';
import { attributes, link, name, thrown, time, value } from './values.ts';
import type { Setting, World } from './world.ts';

const ratio = (): Sampler => new TraceIdRatioBasedSampler(0.5);

/** Looks at what it is asked, meddles with it, and adds to the span. */
function curious(world: () => World, random: Random): Sampler {
  const decision = random.pick([
    SamplingDecision.RECORD_AND_SAMPLED,
    SamplingDecision.RECORD,
    SamplingDecision.NOT_RECORD,
  ]);
  const added = random.pick<Attributes | undefined>([undefined, { 'sampler.was': 'here', a: 'sampler' }]);
  const traceState = random.pick([undefined, createTraceState('sampler=1')]);
  return {
    shouldSample: (_context, traceId, spanName, kind, given, links) => {
      world().note('shouldSample', [traceId, spanName, kind, { ...given }, links]);
      given['meddled'] = true;
      return {
        decision,
        ...(added === undefined ? {} : { attributes: added }),
        ...(traceState === undefined ? {} : { traceState }),
      };
    },
  };
}

/** Providers of any make. */
export function setting(random: Random, world: () => World): Setting {
  const limit = (): number | undefined => random.pick([undefined, undefined, 0, 1, 2, 5, 128]);
  const length = (): number | undefined => random.pick([undefined, undefined, 0, 1, 4, Infinity, -1]);
  const own = random.once(4);
  const sampler = random.pick<() => Sampler | undefined>([
    () => undefined,
    () => new AlwaysOnSampler(),
    () => new AlwaysOffSampler(),
    () => ratio(),
    () => new ParentBasedSampler({ root: ratio() }),
    () => createAlwaysRecordSampler(ratio()),
  ])();
  const chosen = own ? curious(world, random) : sampler;
  const spanLimits = {
    attributeCountLimit: limit(),
    attributeValueLengthLimit: length(),
    eventCountLimit: limit(),
    linkCountLimit: limit(),
    attributePerEventCountLimit: limit(),
    attributePerLinkCountLimit: limit(),
  };
  return {
    traces: {
      ...(chosen === undefined ? {} : { sampler: chosen }),
      ...(random.once(2) ? {} : { spanLimits: spanLimits as object }),
    },
    ...(own || random.once(2) ? {} : { samplerLooksAtAttributes: false }),
    logs: logSetting(random, { attributeCountLimit: limit(), attributeValueLengthLimit: length() }),
    ...(random.once(4) ? { takesEventsAlone: true } : {}),
  };
}

function logSetting(random: Random, limits: object): LoggerProviderOptions {
  const meddler: LogRecordProcessor = {
    onEmit: (record) => {
      record.setAttribute(name(random), value(random));
      record.attributes['meddled'] = 1;
      if (random.once(3)) record.setBody(value(random)).setSeverityText('MEDDLED').setEventName('meddled');
      if (random.once(6)) record.hrTime = [1_000_000_000, 5];
      if (random.once(6)) record.severityNumber = 1;
    },
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const picky: LogRecordProcessor = { ...meddler, onEmit: () => {}, enabled: ({ eventName }) => eventName === undefined };
  const minimumSeverity = random.pick([SeverityNumber.UNSPECIFIED, SeverityNumber.INFO, SeverityNumber.ERROR]);
  const [traceBased, enabled] = [random.once(2), !random.once(8)];
  return {
    ...(random.once(2) ? {} : { logRecordLimits: limits }),
    processors: random.pick([[], [meddler], [picky, meddler]]),
    ...(random.once(3) ? { loggerConfigurator: () => ({ enabled, minimumSeverity, traceBased }) } : {}),
  };
}

/** A program that a seed decides: it does the same on every engine. */
export class RandomProgram {
  readonly #random: Random;
  readonly #world: World;
  readonly #spans: Span[] = [];
  #given: Attributes[] = [];

  constructor(random: Random, world: World) {
    this.#random = random;
    this.#world = world;
  }

  async run(depth = 0): Promise<void> {
    const count = 1 + this.#random.below(depth === 0 ? 24 : 6);
    for (let step = 0; step < count; step++) await this.#step(depth);
    if (depth > 0) return;
    for (const span of this.#spans) if (!this.#random.once(8)) span.end();
  }

  async #step(depth: number): Promise<void> {
    const random = this.#random;
    if (random.once(4) && depth < 4) await this.#nest(depth);
    else if (random.once(4)) this.#start();
    else if (random.once(5)) this.#emit();
    else if (random.once(12)) this.#changeGiven();
    else if (this.#spans.length > 0) this.#use(random.pick(this.#spans));
  }

  #attributes(): Attributes | undefined {
    const given = attributes(this.#random);
    if (typeof given === 'object' && given !== null && !Object.isFrozen(given)) this.#given.push(given);
    return given;
  }

  /** What a program does to an object that it has given away must not show. */
  #changeGiven(): void {
    for (const given of this.#given) {
      this.#world.attempt('change', () => {
        for (const each of Object.values(given)) if (Array.isArray(each)) each.push('changed');
        given['changed'] = true;
      });
    }
    this.#given = [];
  }

  #options(): SpanOptions | undefined {
    const random = this.#random;
    if (random.once(6)) return undefined;
    const given = this.#attributes();
    const startTime = random.once(3) ? time(random) : undefined;
    const links = random.once(3) ? random.some(3, () => link(random)) : undefined;
    return {
      ...(given === undefined ? {} : { attributes: given }),
      ...(random.once(2) ? { kind: random.below(5) as SpanKind } : {}),
      ...(random.once(8) ? { root: true } : {}),
      ...(links === undefined ? {} : { links }),
      ...(startTime === undefined ? {} : { startTime }),
    };
  }

  #parent(): Context {
    const random = this.#random;
    const remote = (traceId: string, traceFlags: number): Context =>
      trace.setSpanContext(context.active(), {
        traceId,
        spanId: 'b'.repeat(16),
        traceFlags,
        isRemote: true,
        traceState: createTraceState('remote=1'),
      });
    const parents: (() => Context)[] = [
      () => ROOT_CONTEXT,
      () => remote('a'.repeat(32), 1),
      () => remote('c'.repeat(32), 0),
      () => remote('not an id', 1),
      () => suppressTracing(context.active()),
      ...this.#spans.slice(-3).map((span) => () => trace.setSpan(context.active(), span)),
    ];
    return random.once(2) ? context.active() : random.pick(parents)();
  }

  #start(): void {
    const options = this.#options();
    const parent = this.#parent();
    this.#world.attempt('startSpan', () => {
      const span = this.#random.once(2)
        ? this.#world.tracer.startSpan(`span ${this.#spans.length}`, options, parent)
        : this.#world.tracer.startSpan(`span ${this.#spans.length}`, options);
      this.#keep(span);
    });
  }

  #keep(span: Span): void {
    this.#spans.push(span);
    this.#world.note('started', [span.spanContext(), span.isRecording()]);
  }

  async #nest(depth: number): Promise<void> {
    const random = this.#random;
    const { tracer } = this.#world;
    const waits = random.once(3);
    const ends = random.once(2);
    const body = async (span: Span): Promise<void> => {
      this.#keep(span);
      this.#world.note('active', trace.getActiveSpan() === span);
      if (waits) await nextTurn();
      await this.run(depth + 1);
      if (ends) span.end();
    };
    const title = `active ${this.#spans.length}`;
    const options = this.#options() ?? {};
    const parent = this.#parent();
    switch (random.below(4)) {
      case 0:
        return tracer.startActiveSpan(title, body);
      case 1:
        return tracer.startActiveSpan(title, options, body);
      case 2:
        return tracer.startActiveSpan(title, options, parent, body);
      default:
        return context.with(parent, () => this.run(depth + 1));
    }
  }

  #use(span: Span): void {
    const random = this.#random;
    const does: readonly (() => unknown)[] = [
      () => span.setAttribute(name(random), value(random)),
      () => span.setAttribute(name(random), value(random)),
      () => span.setAttributes(this.#attributes() as Attributes),
      () => span.addEvent('event'),
      () => span.addEvent('event', this.#attributes(), time(random)),
      () => span.addEvent('event', time(random), time(random)),
      () => span.addLink(link(random)),
      () => span.addLinks(random.some(3, () => link(random))),
      () => span.setStatus(this.#status()),
      () => span.updateName(random.pick(['renamed', ''])),
      () => span.recordException(thrown(random), time(random)),
      () => span.end(time(random)),
    ];
    const action = random.pick(does);
    this.#world.attempt(String(action), () => {
      const result = action();
      this.#world.note('chains', result === span);
    });
    this.#world.note('recording', [span.isRecording(), span.spanContext()]);
  }

  #status(): SpanStatus {
    const random = this.#random;
    const message = random.pick<unknown>([undefined, 'because', '', 7, null]);
    return { code: random.below(3) as SpanStatusCode, ...(message === undefined ? {} : { message }) } as SpanStatus;
  }

  #emit(): void {
    const random = this.#random;
    const { logger } = this.#world;
    const maybe = (key: string, make: () => unknown): object => (random.once(2) ? { [key]: make() } : {});
    const given = this.#attributes();
    const record = {
      ...maybe('body', () => value(random)),
      ...maybe('severityNumber', () => random.below(25)),
      ...maybe('severityText', () => random.pick(['INFO', undefined])),
      ...maybe('eventName', () => 'happened'),
      ...(given === undefined || given === null ? {} : { attributes: given }),
      ...(random.once(4) ? { exception: thrown(random) } : {}),
      ...(random.once(4) ? { timestamp: time(random) } : {}),
      ...(random.once(4) ? { observedTimestamp: time(random) } : {}),
      ...(random.once(4) ? { context: this.#parent() } : {}),
    } as LogRecord;
    this.#world.note('enabled', logger.enabled(record));
    this.#world.attempt('emit', () => logger.emit(record));
    const [last] = this.#world.records.slice(-1);
    if (last !== undefined && random.once(4)) {
      (last as unknown as { setBody(body: string): void }).setBody('too late');
    }
  }
}
