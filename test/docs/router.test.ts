import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { readSnippets } from './snippets.ts';
import { packageFlags } from '../support/program.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const programs = (await readSnippets('docs/guide/router.md')).filter(({ language }) => language === 'ts');

/** Expected output, from the comments after the console.log calls of a program. */
function promised(program: string): string[] {
  return program.split('\n').flatMap((line) => {
    const comment = line.lastIndexOf('); // ');
    return line.includes('console.log(') && comment !== -1 ? [line.slice(comment + 6)] : [];
  });
}

test('the guide contains programs', () => {
  assert.ok(programs.length >= 8);
});

for (const [index, { heading, text }] of programs.entries()) {
  test(`${heading}, program ${index + 1} prints the documented output`, async () => {
    const expected = promised(text);
    assert.ok(expected.length > 0, 'it says nothing');
    const flags = [...packageFlags, '--input-type=module-typescript', '--eval', text];
    const { stdout } = await run(process.execPath, flags, { cwd: root, timeout: 30_000 });
    assert.deepEqual(stdout.trimEnd().split('\n'), expected);
  });
}
