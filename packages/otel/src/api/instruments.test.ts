import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counter, gauge, histogram, upDownCounter } from '../index.ts';
import { startTesting } from '../testing.ts';

test('instruments made and used before there is a provider count from then on', async () => {
  const made = {
    count: counter('made.early', { description: 'Things' }),
    level: upDownCounter('level.early'),
    spread: histogram('spread.early', { unit: 's', advice: { explicitBucketBoundaries: [1, 2] } }),
    last: gauge('last.early'),
  };
  made.count.add(1);

  await using telemetry = startTesting();
  made.count.add(2, { kind: 'a' });
  made.level.add(-3);
  made.spread.record(1.5);
  made.last.record(7);

  const measured = await telemetry.metrics();
  assert.deepEqual(
    measured.map(({ name, unit, description, points }) => ({ name, unit, description, points })),
    [
      {
        name: 'made.early',
        unit: '',
        description: 'Things',
        points: [{ attributes: { kind: 'a' }, value: 2 }],
      },
      { name: 'level.early', unit: '', description: '', points: [{ attributes: {}, value: -3 }] },
      {
        name: 'spread.early',
        unit: 's',
        description: '',
        points: [
          {
            attributes: {},
            value: { boundaries: [1, 2], counts: [0, 1, 0], count: 1, max: 1.5, min: 1.5, sum: 1.5 },
          },
        ],
      },
      { name: 'last.early', unit: '', description: '', points: [{ attributes: {}, value: 7 }] },
    ],
  );
});
