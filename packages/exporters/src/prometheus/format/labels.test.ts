import assert from 'node:assert/strict';
import { test } from 'node:test';

import { labelText, toLabels } from './labels.ts';

const values: readonly [value: unknown, expected: string][] = [
  ['text', 'a="text"'],
  [1.5, 'a="1.5"'],
  [true, 'a="true"'],
  [null, ''],
  [undefined, ''],
  ['', ''],
  [new Uint8Array([1, 2, 255]), 'a="AQL/"'],
  [['x', 'y'], String.raw`a="[\"x\",\"y\"]"`],
  [[1, Number.NaN, Infinity], String.raw`a="[1,\"NaN\",\"Infinity\"]"`],
  [[new Uint8Array([1])], String.raw`a="[\"AQ==\"]"`],
  [{ b: null }, String.raw`a="{\"b\":null}"`],
];

for (const [value, expected] of values) {
  test(`an attribute ${Object.prototype.toString.call(value)} ${String(value)} is the label ${expected || '(none)'}`, () => {
    assert.equal(labelText(toLabels([['a', value]], '', (key) => key)), expected);
  });
}
