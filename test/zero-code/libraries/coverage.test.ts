import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { nodeVersions } from '../../support/node-versions.ts';
import { coverageTable } from './coverage.ts';

const page = join(import.meta.dirname, '..', '..', '..', 'docs', 'reference', 'libraries.md');

async function versions(generation: string): Promise<Record<string, string>> {
  const text = await readFile(join(import.meta.dirname, generation, 'package.json'), 'utf8');
  const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(text);
  return dependencies;
}

test('the documentation lists the libraries and versions that the tests run', async () => {
  const [oldestNode, newestNode] = nodeVersions.map((version) => ({ 'node:http2': version }));
  const newest = { ...(await versions('graphql-16')), ...(await versions('newest')), ...newestNode };
  const table = coverageTable(newest, { ...(await versions('oldest')), ...oldestNode });
  const text = await readFile(page, 'utf8');
  assert.ok(text.includes(table), `docs/reference/libraries.md must contain:\n${table}`);
});
