import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type Attributes,
  context,
  type Context,
  createTraceState,
  type LogRecord,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type SpanOptions,
  type SpanStatus,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import type { Random } from '../support/random.ts';
import { attributes, link, name, thrown, time, value } from './values.ts';
import type { World } from './world.ts';

const kinds = [SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER];
const codes = [SpanStatusCode.UNSET, SpanStatusCode.OK, SpanStatusCode.ERROR];

const remote = (traceId: string, traceFlags: number): Context =>
  trace.setSpanContext(context.active(), {
    traceId,
    spanId: 'b'.repeat(16),
    traceFlags,
    isRemote: true,
    traceState: createTraceState('remote=1'),
  });

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

  /** Later changes of an object that was passed on must have no effect. */
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
      ...(random.once(2) ? { kind: random.pick(kinds) } : {}),
      ...(random.once(8) ? { root: true } : {}),
      ...(links === undefined ? {} : { links }),
      ...(startTime === undefined ? {} : { startTime }),
    };
  }

  #parent(): Context {
    const random = this.#random;
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
    return {
      code: random.pick(codes),
      ...(message === undefined ? {} : { message }),
    } as SpanStatus;
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
