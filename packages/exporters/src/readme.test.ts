import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { OtlpReceiver } from '@sonde/test-support/otlp-receiver';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const snippets = readme
  .split('```js\n')
  .slice(1)
  .map((text) => text.slice(0, text.indexOf('```')));

for (const [index, snippet] of snippets.entries()) {
  test(`snippet ${index + 1} of the README runs and exits`, async () => {
    await using receiver = await OtlpReceiver.start();
    const code = snippet
      .replaceAll('9464', '0')
      .replace("'0.0.0.0'", "'127.0.0.1'")
      .replace('http://localhost:4318', receiver.url);
    const child = spawn(
      process.execPath,
      ['--conditions=@sonde/source', '--input-type=module', '--eval', code],
      {
        cwd: new URL('.', import.meta.url),
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const closed = once(child, 'close');
    const output = Buffer.concat([
      ...(await child.stdout.toArray()),
      ...(await child.stderr.toArray()),
    ]).toString();
    assert.deepEqual(await closed, [0, null], output);
    assert.doesNotMatch(output, /error/i);
    const shown = [
      /url: 'http:\/\/localhost:\d+\/metrics'/,
      /^$/,
      /^$/,
      /^\S+ \S+,\d{3} - INFO - open for business\n$/,
    ];
    assert.match(output, shown[index] ?? /./);
    const isOtlp = snippet.includes('4318');
    assert.deepEqual(
      receiver.arrived.map(({ path }) => path),
      isOtlp ? ['/v1/traces'] : [],
    );
  });
}
