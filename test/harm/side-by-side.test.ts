import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sideBySide } from './support/side-by-side.ts';

test('an ordinary program exits and prints as without Sonde', async (t) => {
  const { bare, sonde } = await sideBySide(t, {
    files: {
      'app.cjs': `
  setTimeout(() => {
    const end = performance.now() + 60;
    while (performance.now() < end);
    setTimeout(() => console.log('done'), 20);
  }, 20);
  process.exitCode = 3;`,
    },
  });
  assert.deepEqual(bare.ending, { code: 3, signal: null });
  assert.deepEqual(sonde.ending, bare.ending);
  assert.equal(sonde.stdout, bare.stdout);
  assert.ok((sonde.longestBlockMs ?? Number.NaN) > 0, 'the longest block is measured');
  assert.ok((sonde.peakRssBytes ?? Number.NaN) > 0, 'the peak memory is measured');
});
