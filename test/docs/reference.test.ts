import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { noTelemetry, page as noTelemetryPage } from '../../scripts/no-telemetry.ts';
import { page, reference } from '../../scripts/reference.ts';

test('the configuration reference matches the definitions: npm run reference', async () => {
  assert.equal(await readFile(page, 'utf8'), reference());
});

test('the guide "No telemetry?" matches the rules of the doctor: npm run reference', async () => {
  assert.equal(await readFile(noTelemetryPage, 'utf8'), noTelemetry());
});
