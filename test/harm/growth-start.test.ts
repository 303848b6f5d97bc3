import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { packageFlags } from '../support/program.ts';

// Each start reads the environment.

const timeout = 170_000;
const program = join(import.meta.dirname, 'support', 'environment-growth.ts');
const args = [...packageFlags, program];
const { NODE_COMPILE_CACHE, PATH, SONDE_TEST_LONG } = process.env;
const env = { NODE_COMPILE_CACHE, NODE_OPTIONS: '', PATH, SONDE_TEST_LONG };
const names = spawnSync(process.execPath, args, { encoding: 'utf8', env }).stdout.trim().split('\n');

suite('settings are read in linear time', { concurrency: 2 }, () => {
  for (const name of names) {
    test(name, { timeout }, async () => {
      const child = spawn(process.execPath, [...args, name], { stdio: ['ignore', 'ignore', 'pipe'], env });
      // The end of the output has the failed assertion.
      let end = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        end = (end + text).slice(-3000);
      });
      const [code] = (await once(child, 'close')) as [number];
      assert.equal(code, 0, end);
    });
  }
});
