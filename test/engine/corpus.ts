import { setImmediate as nextTurn } from 'node:timers/promises';
import { context, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import { AlwaysOffSampler, type ReadableSpan, type Span, type SpanProcessor } from '@opentelemetry/sdk-trace';
import { otlpProgram } from './otlp-program.ts';
import { linkTo, type Setting, shownSpan, type World } from './world.ts';

/** A program that is run on each engine. */
export type Program = (start: (setting?: Setting) => World) => unknown;

const route = Object.freeze({ 'http.request.method': 'GET', 'http.route': '/users/:id' });

const processor = (own: Partial<SpanProcessor>): SpanProcessor => ({
  onStart: () => {},
  onEnd: () => {},
  forceFlush: async () => {},
  shutdown: async () => {},
  ...own,
});

const at = (ms: number): Date => new Date(1_000_000_000_000 + ms);

const late = (span: ReadableSpan): void => void (span as Span).setAttribute('late', true);
const fails = (): never => {
  throw new RangeError('of the processor');
};

/** Programs that people write, and some that only a test would. */
export const corpus: Readonly<Record<string, Program>> = {
  'what is sent over OTLP is the same to the byte': otlpProgram,

  'shared frozen attributes are not changed by a write to one span': (start) => {
    const world = start();
    for (const name of ['first', 'second', 'third']) {
      const span = world.tracer.startSpan(name, { attributes: route });
      if (name !== 'second') span.setAttribute('of', name).setAttributes({ 'http.route': `/${name}` });
      span.end();
      world.logger.emit({ body: name, attributes: route });
    }
    world.note('the router keeps its own', route);
  },

  'an attributes object that is changed and passed again': (start) => {
    const world = start({ traces: { spanLimits: { attributeCountLimit: 2 } } });
    const given: Record<string, string> = { step: 'one' };
    const odd = Object.fromEntries([['__proto__', 'x'] as const, ['a', 1] as const]);
    for (const step of ['one', 'two']) {
      given['step'] = step;
      world.tracer.startSpan(step, { attributes: given }).end();
      world.tracer.startSpan(step, { attributes: odd }).setAttribute('b', 2).setAttribute('c', 3).end();
      world.logger.emit({ attributes: given });
      const own = { 'exception.type': 'Own', 'exception.message': step };
      world.logger.emit({ attributes: own, exception: { name: 'Given', message: 'given', stack: 'at' } });
    }
  },

  'processors change spans, replace their members and wrap them': (start) => {
    const seen: ReadableSpan[] = [];
    const world = start({
      traces: {
        spanProcessors: [
          processor({
            onStart: (span) => {
              span.attributes['by.onStart'] = true;
              span.events.push({ name: 'by.onStart', time: [1, 2] });
              span.links.push(linkTo(7));
            },
            onEnd: (span) => {
              span.attributes['by.onEnd'] = true;
              seen.push(span);
              seen.push(Object.create(span, { name: { value: 'inherits' } }) as ReadableSpan);
              seen.push(
                new Proxy(span, {
                  get: (target, key, receiver) =>
                    key === 'name' ? 'proxy' : (Reflect.get(target, key, receiver) as unknown),
                }),
              );
            },
          }),
          processor({
            onEnd: (span) => {
              Object.assign(span, {
                name: 'assigned',
                attributes: { assigned: true },
                events: [],
                links: [],
                status: { code: 1 },
                startTime: [1, 0],
                endTime: [2, 0],
              });
            },
          }),
        ],
      },
    });
    world.tracer.startSpan('work', { attributes: route, startTime: at(0) }).end(at(5));
    for (const span of seen) world.note('seen', shownSpan(span));
  },

  'changes in onEnding are recorded, changes in onEnd are not': (start) => {
    const world = start({
      traces: {
        spanProcessors: [
          processor({
            onEnding: (span) => void span.setAttribute('in time', true).addEvent('in time'),
            onEnd: late,
          }),
        ],
      },
    });
    world.tracer.startSpan('work').end();
  },

  'an error of a processor reaches the caller of startSpan': (start) => {
    for (const own of [{ onStart: fails }, { onEnding: fails }, { onEnd: fails }]) {
      const world = start({ traces: { spanProcessors: [processor(own)] } });
      world.attempt('work', () => world.tracer.startSpan('work').end());
    }
    const logs: LogRecordProcessor = { ...processor({}), onEmit: fails };
    const world = start({ logs: { processors: [logs] } });
    world.attempt('emit', () => world.logger.emit({ body: 'x' }));
  },

  'startActiveSpan returns the result and throws the error of its function': async (start) => {
    const world = start();
    const { tracer } = world;
    world.note('none', Reflect.apply(tracer.startActiveSpan.bind(tracer), undefined, ['alone']));
    world.note(
      'value',
      tracer.startActiveSpan('a', () => 7),
    );
    world.note('promise', await tracer.startActiveSpan('b', {}, async (span) => span.isRecording()));
    world.attempt('throws', () =>
      tracer.startActiveSpan('c', { root: true }, ROOT_CONTEXT, () => {
        throw new RangeError('let through');
      }),
    );
    world.attempt('no name', () => Reflect.apply(tracer.startSpan.bind(tracer), undefined, []));
    world.attempt('no function', () =>
      Reflect.apply(tracer.startActiveSpan.bind(tracer), undefined, ['d', {}]),
    );
    world.attempt('null options', () => tracer.startSpan('e', null as unknown as object));
  },

  'nested contexts in generators, timers and promises': async (start) => {
    const world = start();
    const { tracer } = world;
    const active = (where: string): void => world.note(where, trace.getActiveSpan()?.spanContext().spanId);
    const numbers = function* (): Generator<number> {
      for (const number of [1, 2]) {
        active(`generator ${number}`);
        tracer.startSpan(`of ${number}`).end();
        yield number;
      }
    };
    await tracer.startActiveSpan('outer', async (outer) => {
      const own = numbers();
      tracer.startActiveSpan('inner', (inner) => {
        own.next();
        inner.end();
      });
      await new Promise((resolve) => setTimeout(resolve, 1));
      active('after a timer');
      own.next();
      await Promise.all(
        ['x', 'y'].map((name) =>
          tracer.startActiveSpan(name, async (span) => {
            await nextTurn();
            active(name);
            world.logger.emit({ body: name });
            span.end();
          }),
        ),
      );
      outer.end();
    });
    context.with(suppressTracing(context.active()), () => tracer.startSpan('unseen').end());
    active('outside');
  },

  'an unsampled span has a context and nothing else': (start) => {
    const world = start({ traces: { sampler: new AlwaysOffSampler() }, samplerLooksAtAttributes: false });
    world.tracer.startActiveSpan('outer', { attributes: route }, (outer) => {
      outer.setAttribute('a', 1).addEvent('b').setStatus({ code: SpanStatusCode.ERROR }).updateName('c');
      world.note('context', [outer.spanContext(), outer.isRecording()]);
      world.tracer.startActiveSpan('inner', (inner) => world.note('inner', inner.spanContext()));
      world.logger.emit({ body: 'in it' });
      outer.end();
    });
  },

  'tracers and loggers of the same scope are identical': (start) => {
    const world = start();
    type Get = (name: string, version?: string, options?: { schemaUrl: string }) => unknown;
    const tracer: Get = (...scope) => world.tracerProvider.getTracer(...scope);
    const logger: Get = (...scope) => world.loggerProvider.getLogger(...scope);
    const scopes: readonly Parameters<Get>[] = [
      ['a'],
      ['a', ''],
      ['a', '1'],
      ['a', '1', { schemaUrl: 's' }],
      [''],
    ];
    for (const get of [tracer, logger]) {
      for (const scope of scopes) {
        world.note('same', [get(...scope) === get(...scope), get(...scope) === get('a')]);
      }
    }
    const withAttributes = world.loggerProvider.getLogger('a', '', { attributes: { k: 1 } });
    world.note('attributes', withAttributes === logger('a'));
    world.loggerProvider.getLogger('').emit({ body: 'of nobody' });
    world.tracerProvider.getTracer('').startSpan('of nobody').end();
  },

  'after a shutdown': async (start) => {
    const world = start();
    const { tracerProvider, loggerProvider } = world;
    await Promise.all([tracerProvider.forceFlush(), loggerProvider.forceFlush()]);
    const span = world.tracer.startSpan('open');
    await Promise.all([tracerProvider.shutdown(), loggerProvider.shutdown()]);
    span.end();
    world.tracer.startSpan('late').end();
    world.logger.emit({ body: 'late' });
    world.note('enabled', world.logger.enabled());
    world.note('late logger', loggerProvider.getLogger('late').constructor.name);
    await Promise.all([tracerProvider.shutdown(), loggerProvider.shutdown(), loggerProvider.forceFlush()]);
  },

  'a flush that fails or times out': async (start) => {
    for (const forceFlush of [
      (): Promise<void> => Promise.reject(new RangeError('of the processor')),
      (): Promise<void> => new Promise(() => {}),
    ]) {
      const world = start({
        traces: { spanProcessors: [processor({ forceFlush })] },
        logs: { processors: [{ ...processor({}), onEmit: () => {}, forceFlush }] },
      });
      const failed = (error: unknown): void => world.note('failed', String(error));
      await world.tracerProvider.forceFlush({ timeoutMillis: 5 }).catch(failed);
      await world.loggerProvider.forceFlush({ timeoutMillis: 5 }).catch(failed);
    }
  },
};
