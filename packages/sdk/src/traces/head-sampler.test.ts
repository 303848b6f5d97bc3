import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { type Context, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import * as sdk from '@opentelemetry/sdk-trace';
import { HeadSampler } from './head-sampler.ts';
import { SamplingDecision } from '../enumerations.ts';

const id = (bytes: number): string => randomBytes(bytes).toString('hex');

function parents(): Context[] {
  const [traceId, spanId] = [id(16), id(8)];
  const ofParent = [0, 1].flatMap((traceFlags) =>
    [true, false].map((isRemote) => ({ traceId, spanId, traceFlags, isRemote })),
  );
  return [
    ROOT_CONTEXT,
    ...[...ofParent, { traceId: 'no', spanId, traceFlags: 1 }].map((spanContext) =>
      trace.setSpanContext(ROOT_CONTEXT, spanContext),
    ),
  ];
}

test('contract: the decisions equal those of upstream', () => {
  const members = Object.entries(sdk.SamplingDecision).filter(([name]) => Number.isNaN(Number(name)));
  assert.deepEqual(SamplingDecision, Object.fromEntries(members));
});

for (const ratio of [0, 0.0001, 0.25, 0.5, 0.9999, 1]) {
  test(`contract: a ratio of ${ratio} samples the traces that upstream samples`, () => {
    const root = new sdk.TraceIdRatioBasedSampler(ratio);
    const parentBased = new sdk.ParentBasedSampler({ root });
    let sampled = 0;
    for (let count = 0; count < 500; count++) {
      const traceId = count % 2 === 0 ? id(16) : id(16).toUpperCase();
      for (const context of parents()) {
        const own = [true, false].map((isParentBased) =>
          new HeadSampler({ ratio, isParentBased }).shouldSample(context, traceId),
        );
        const theirs = [
          parentBased.shouldSample(context, traceId, 'name', SpanKind.INTERNAL, {}, []),
          root.shouldSample(context, traceId),
        ];
        assert.deepEqual(own, theirs, traceId);
        if (own[1]?.decision === SamplingDecision.RECORD_AND_SAMPLED) sampled++;
      }
    }
    assert.ok(Math.abs(sampled / 3000 - ratio) < 0.1);
  });
}
