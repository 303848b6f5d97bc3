import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { page, reference } from '../../scripts/reference.ts';

test('the configuration reference matches the definitions: npm run reference', async () => {
  assert.equal(await readFile(page, 'utf8'), reference());
});
