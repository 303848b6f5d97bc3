import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type SpanOptions,
  SpanStatusCode,
  trace,
  TraceFlags,
} from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { KeepRule } from '../options.ts';
import { LocalTailSampler, type TailSamplerSettings } from './local-tail-sampler.ts';

const error = { code: SpanStatusCode.ERROR } as const;

/** A tracer whose spans pass a sampler that keeps, and what comes out behind it. */
function keeping(rules: readonly KeepRule[], settings: Partial<TailSamplerSettings> = {}) {
  const exporter = new InMemorySpanExporter();
  const sampler = new LocalTailSampler(
    { head: new AlwaysOffSampler(), rules, maxSpans: 100, maxTraces: 100, ...settings },
    [new SimpleSpanProcessor({ exporter })],
  );
  const tracer = new TracerProvider({ sampler, spanProcessors: [sampler] }).getTracer('test');
  const start = (name: string, parent?: Span | SpanContext, options: SpanOptions = {}): Span => {
    let context: Context = ROOT_CONTEXT;
    if (parent !== undefined) {
      context =
        'spanContext' in parent ? trace.setSpan(context, parent) : trace.setSpanContext(context, parent);
    }
    return tracer.startSpan(name, options, context);
  };
  const exported = () => exporter.getFinishedSpans().map(({ name }) => name);
  return { start, exported, spans: () => exporter.getFinishedSpans() };
}

/** A point of time of the tests' own clock. */
const at = (ms: number) => new Date(1_700_000_000_000 + ms);

const remote = (traceFlags: number): SpanContext => ({
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags,
  isRemote: true,
});

test('exports all spans of a trace with an error, and none of one without', () => {
  const { start, exported, spans } = keeping(['error']);
  for (const fails of [false, true]) {
    const root = start(`root ${fails}`);
    start(`before ${fails}`, root).end();
    const failing = start(`failing ${fails}`, root);
    if (fails) failing.setStatus(error);
    failing.end();
    start(`after ${fails}`, root).end();
    root.end();
  }
  assert.deepEqual(exported(), ['before true', 'failing true', 'after true', 'root true']);
  assert.deepEqual(
    new Set(spans().map((span) => span.spanContext().traceFlags)),
    new Set([TraceFlags.SAMPLED]),
  );
  assert.deepEqual(
    new Set(spans().map((span) => span.parentSpanContext?.spanId)),
    new Set([spans()[3]?.spanContext().spanId, undefined]),
  );
});

test('exports a copy and leaves the span of the application unchanged', () => {
  const { start, spans } = keeping(['error']);
  const root = start('root', undefined, { attributes: { a: 1 } });
  root.setStatus(error).addEvent('b').end();
  assert.equal(root.spanContext().traceFlags, TraceFlags.NONE);
  const [exported] = spans();
  const own = root as unknown as ReadableSpan;
  for (const name of ['attributes', 'events', 'links', 'status', 'duration', 'resource', 'kind'] as const) {
    assert.equal(exported?.[name], own[name], name);
  }
});

test('an error of the root span keeps spans that ended before it', () => {
  const { start, exported } = keeping(['error']);
  const root = start('root');
  start('child', root).end();
  assert.deepEqual(exported(), []);
  root.setStatus(error).end();
  assert.deepEqual(exported(), ['child', 'root']);
});

test('exports head-sampled traces immediately', () => {
  const { start, exported } = keeping(['error'], { head: new AlwaysOnSampler() });
  const root = start('root');
  start('child', root).end();
  assert.deepEqual(exported(), ['child']);
  assert.equal(root.spanContext().traceFlags, TraceFlags.SAMPLED);
});

test('head-sampled traces have the sampled flag', () => {
  const { start, exported } = keeping(['error'], { head: new TraceIdRatioBasedSampler(0.5), maxTraces: 1 });
  const roots = Array.from({ length: 400 }, () => {
    const root = start('root');
    root.end();
    return root.spanContext();
  });
  const sampled = roots.filter(({ traceFlags }) => (traceFlags & TraceFlags.SAMPLED) !== 0).length;
  assert.ok(sampled > 100 && sampled < 300, `${sampled} of 400`);
  assert.equal(exported().length, sampled);
});

test('keeps a trace whose local root is slower than the rule', () => {
  const { start, exported } = keeping([{ slowerThanMs: 500 }]);
  for (const duration of [500, 501]) {
    const root = start(`root ${duration}`, undefined, { startTime: at(0) });
    start(`child ${duration}`, root, { startTime: at(10) }).end(at(20));
    root.end(at(duration));
  }
  assert.deepEqual(exported(), ['child 501', 'root 501']);
});

test('keeps a trace before its local root ends once it is too slow, and holds no further spans', () => {
  const { start, exported } = keeping([{ slowerThanMs: 500 }], { maxSpans: 2 });
  const root = start('root', undefined, { startTime: at(0) });
  start('a', root, { startTime: at(1) }).end(at(2));
  start('b', root, { startTime: at(2) }).end(at(600));
  assert.deepEqual(exported(), ['a', 'b']);
  for (const name of ['c', 'd', 'e']) start(name, root).end();
  assert.deepEqual(exported(), ['a', 'b', 'c', 'd', 'e']);
  root.end(at(700));
  assert.deepEqual(exported().at(-1), 'root');
});

test('propagates the sampled flag once a trace is kept', () => {
  const { start } = keeping(['error']);
  const root = start('root');
  assert.equal(start('first try', root).setStatus(error).spanContext().traceFlags, TraceFlags.NONE);
  start('failed', root).setStatus(error).end();
  assert.equal(start('second try', root).spanContext().traceFlags, TraceFlags.SAMPLED);
});

test('spans that end after their local root still trigger rules', () => {
  const { start, exported } = keeping(['error', { slowerThanMs: 500 }]);
  const root = start('root');
  const fails = start('fails late', root);
  const slow = start('ends late', root);
  root.end();
  slow.end(Date.now() + 60_000);
  assert.deepEqual(exported(), [], 'the root was not slow');
  start('begins late', fails).end();
  fails.setStatus(error).end();
  assert.deepEqual(exported(), ['root', 'ends late', 'begins late', 'fails late']);
  start('much later', root).end();
  assert.equal(exported().at(-1), 'much later');
});

test('does not record spans that start after their trace was dropped', () => {
  const { start, exported } = keeping(['error']);
  const root = start('root');
  root.end();
  const late = start('late', root);
  assert.equal(late.isRecording(), false);
  late.setStatus(error).end();
  assert.deepEqual(exported(), []);
});

test('follows a sampled remote parent, and applies rules below an unsampled one', () => {
  const { start, exported } = keeping(['error']);
  start('sampled', remote(TraceFlags.SAMPLED)).end();
  start('unsampled', remote(TraceFlags.NONE)).end();
  const first = start('first request', remote(TraceFlags.NONE));
  const second = start('second request', remote(TraceFlags.NONE));
  start('query', first).end();
  second.setStatus(error).end();
  first.end();
  assert.deepEqual(exported(), ['sampled', 'second request'], 'each local root is decided on its own');
});

test('a child of a bare span context belongs to the trace', () => {
  const { start, exported } = keeping(['error']);
  const root = start('root');
  start('child', root.spanContext()).setStatus(error).end();
  root.end();
  assert.deepEqual(exported(), ['child', 'root']);
});

test('evicts the trace that has held spans longest when there are too many spans', () => {
  const { start, exported } = keeping(['error'], { maxSpans: 3 });
  const idle = start('idle');
  const oldest = start('oldest');
  const younger = start('younger');
  for (const name of ['1', '2']) start(name, oldest).end();
  for (const name of ['3', '4']) start(name, younger).end();
  for (const root of [oldest, younger, idle]) root.setStatus(error).end();
  assert.deepEqual(exported(), ['3', '4', 'younger', 'idle']);
});

test('evicts the oldest trace when too many are undecided', () => {
  const { start, exported } = keeping(['error'], { maxTraces: 2 });
  const roots = ['a', 'b', 'c'].map((name) => start(name));
  for (const root of roots) root.setStatus(error).end();
  assert.deepEqual(exported(), ['b', 'c']);
  for (let count = 0; count < 10; count++) start(`quick ${count}`).end();
  start('d').setStatus(error).end();
  assert.deepEqual(exported(), ['b', 'c', 'd']);
});

test('random forests of spans: exports exactly the local traces with an error, completely', () => {
  let seed = 7;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  for (let round = 0; round < 200; round++) {
    const { start, exported } = keeping(['error'], { maxSpans: 1000, maxTraces: 1000 });
    const open: { span: Span; root: number }[] = [];
    const names = new Map<number, string[]>();
    const failed = new Set<number>();
    for (let step = 0, roots = 0; step < 60 || open.length > 0; step++) {
      const parent = open[random(open.length)];
      const name = `${round}.${step}`;
      if (step < 60 && (parent === undefined || random(4) === 0)) {
        open.push({ span: start(name), root: roots });
        names.set(roots++, [name]);
      } else if (step < 60 && random(2) === 0) {
        const { span, root } = parent as (typeof open)[number];
        open.push({ span: start(name, span), root });
        names.get(root)?.push(name);
      } else {
        const [{ span, root } = assert.fail()] = open.splice(random(open.length), 1);
        if (random(6) === 0) {
          failed.add(root);
          span.setStatus(error);
        }
        span.end();
      }
    }
    assert.deepEqual(exported().toSorted(), [...failed].flatMap((root) => names.get(root) ?? []).toSorted());
  }
});
