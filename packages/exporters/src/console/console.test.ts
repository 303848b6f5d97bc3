import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { ConsoleLogExporter, type ConsoleLogOptions } from './log-exporter.ts';
import { ConsoleSpanExporter } from './span-exporter.ts';
import { SondeConfigError } from '@sonde/sdk';

const app = fileURLToPath(new URL('../testing/console-app.ts', import.meta.url));

function run(
  scenario: string,
  options: ConsoleLogOptions = {},
  env: Record<string, string> = {},
): ChildProcess {
  return spawn(process.execPath, ['--conditions=@sonde/source', app, scenario, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, FORCE_COLOR: '', NO_COLOR: '', ...env },
  });
}

async function formatText(stream: ChildProcess['stdout']): Promise<string> {
  return Buffer.concat((await stream?.toArray()) ?? []).toString();
}

async function output(child: ChildProcess): Promise<{ stdout: string; stderr: string; code: unknown }> {
  const closed = once(child, 'close');
  const [stdout, stderr, [code]] = await Promise.all([
    formatText(child.stdout),
    formatText(child.stderr),
    closed,
  ]);
  return { stdout, stderr, code };
}

async function listLines(options: ConsoleLogOptions, env: Record<string, string> = {}): Promise<string[]> {
  const { stderr } = await output(run(env['SCENARIO'] ?? 'record', options, env));
  return stderr.split('\n').slice(0, -1);
}

function assertEveryLine(text: string, count: number): void {
  const lines = text.split('\n');
  assert.equal(lines.pop(), '');
  assert.equal(lines.length, count);
  assert.ok(lines.every((line, index) => line.startsWith(`line ${index} x`)));
}

const format = '%(message)s';

test("Python's default format", async () => {
  const lines = await listLines({
    format:
      '%(asctime)s - %(name)-8s|%(levelname)8s|%(levelno)05d|%(trace_id).4s|%(span_id)s|%(http.route)s|%(nope)s|100%%',
  });
  assert.deepEqual(lines, [
    '2026-11-22 12:00:00,123 - app     | WARNING|00030|0af7|b7ad6b7169203331|/a b||100%',
    '2026-11-22 12:00:00,123 - app.db  |CRITICAL|00050|||||100%',
    '    Error: outer',
    '        at somewhere\\x1b[2J',
    '    Caused by: Error: inner',
  ]);
});

test('Python format strings with strings and numbers', async () => {
  const [first, second] = await listLines({
    format: '%(message)s|%(count)+d|%(count).2f|%(count)#x|%(msecs)03d|%(list)s',
  });
  assert.equal(first, 'hello\\nworld \\x1b[31mred\\u202e|+3|3.00|0x3|123|["x",1]');
  assert.ok(second?.startsWith('{"nested":[1,{"deep":true}]}|'));
});

test('json has one object per line, with trace ids in the standard fields', async () => {
  const lines = await listLines({ format: 'json' });
  assert.equal(lines.length, 2);
  assert.ok(lines.every((line) => !line.includes('\x1b') && !line.includes('\u202e')));
  assert.deepEqual(JSON.parse(lines[0] ?? ''), {
    timestamp: new Date(2026, 10, 22, 12, 0, 0, 123).toISOString(),
    severity: 'WARNING',
    logger: 'app',
    message: 'hello\nworld \x1b[31mred\u202e',
    trace_id: '0af7651916cd43dd8448eb211c80319c',
    span_id: 'b7ad6b7169203331',
    trace_flags: '01',
    'http.route': '/a b',
    count: 3,
    'attributes.message': 'mine',
    list: ['x', 1],
  });
  assert.deepEqual(JSON.parse(lines[1] ?? '').message, { nested: [1, { deep: true }] });
});

test('json is the default without a terminal', async () => {
  const [line] = await listLines({});
  assert.equal(JSON.parse(line ?? '').severity, 'WARNING');
});

test('logfmt', async () => {
  const [line] = await listLines({ format: 'logfmt' });
  assert.match(
    line ?? '',
    /^time=2026-11-22T\d\d:00:00\.123Z level=warning logger=app msg="hello\\nworld \\x1b\[31mred\\u202e" trace_id=0af7651916cd43dd8448eb211c80319c span_id=b7ad6b7169203331 http\.route="\/a b" count=3 message=mine list="\[\\"x\\",1\]"$/,
  );
});

const formats = ['pretty', 'json', 'logfmt', '%(asctime)s %(levelname)s %(name)s %(message)s %(forged)s'];

for (const each of formats) {
  test(`a record cannot forge a line or a field: ${each}`, async () => {
    const lines = await listLines({ format: each }, { SCENARIO: 'forged' });
    const records = lines.filter((line) => !line.startsWith('    '));
    assert.equal(records.length, 1, lines.join('\n'));
    for (const line of lines) assert.doesNotMatch(line, /[\p{Cc}\u2028\u2029\u202e]/u);
    if (each === 'json') {
      const record = JSON.parse(records[0] ?? '') as Record<string, unknown>;
      assert.equal(record['severity'], 'ERROR');
      assert.equal(record['attributes.severity'], 'mine');
    }
    if (each === 'logfmt') {
      assert.deepEqual(
        [...(records[0] ?? '').matchAll(/ ([a-z.]*(?:level|msg|time))=/g)].map(([, key]) => key),
        ['level', 'msg', 'attributes.level', 'attributes.msg', 'attributes.time'],
      );
    }
  });
}

test('pretty is one line, followed by the stack of an error', async () => {
  assert.deepEqual(await listLines({ format: 'pretty' }), [
    '12:00:00.123 WARNING  app: hello\\nworld \\x1b[31mred\\u202e http.route="/a b" count=3 message=mine list="[\\"x\\",1]" trace=0af76519',
    '12:00:00.123 CRITICAL app.db: {"nested":[1,{"deep":true}]}',
    '    Error: outer',
    '        at somewhere\\x1b[2J',
    '    Caused by: Error: inner',
  ]);
});

async function hasColour(options: ConsoleLogOptions, env: Record<string, string>): Promise<boolean> {
  const lines = await listLines({ format: 'pretty', ...options }, env);
  return lines.some((line) => line.includes('\x1b[33mWARNING'));
}

test('colors are enabled by option and FORCE_COLOR, and disabled by NO_COLOR', async () => {
  assert.equal(await hasColour({ colors: true }, {}), true);
  assert.equal(await hasColour({}, { FORCE_COLOR: '1' }), true);
  assert.equal(await hasColour({}, { FORCE_COLOR: '1', NO_COLOR: '1' }), false);
  assert.equal(await hasColour({}, {}), false);
});

test('the stream option selects stdout', async () => {
  const { stdout, stderr } = await output(run('record', { stream: 'stdout', format: 'logfmt' }));
  assert.equal(stdout.split('\n').length, 3);
  assert.equal(stderr, '');
});

test('all lines are written in order before the process exits', async () => {
  const { stderr, code } = await output(run('exit', { format }));
  assert.equal(code, 7);
  assertEveryLine(stderr, 20_000);
});

test('all lines are written when the process crashes', async () => {
  const { stdout, code } = await output(run('crash', { format, stream: 'stdout' }));
  assert.equal(code, 1);
  assert.equal(stdout.split('\n').filter((line) => line.startsWith('line ')).length, 2000);
});

test('a slow reader receives all lines, even through a non-blocking pipe', async () => {
  const child = run('nonBlocking', { format });
  assert.ok(child.stderr);
  const first: unknown = await new Promise((resolve) => {
    child.stderr?.once('readable', () => resolve(child.stderr?.read(1)));
  });
  assert.ok(first instanceof Buffer);
  const { stderr } = await output(child);
  assertEveryLine(first.toString() + stderr, 20_000);
});

test('a closed stream does not harm the application', async () => {
  const child = run('exit', { format, stream: 'stdout' });
  child.stdout?.destroy();
  const [code] = await once(child, 'exit');
  assert.equal(code, 7);
});

test('spans: one line for each local root, followed by its slow and failed children', async () => {
  const { stderr } = await output(run('spans'));
  const [, , , job = ''] = stderr.split('\n');
  assert.deepEqual(
    stderr
      .replaceAll(/trace=[0-9a-f]{8}/g, 'trace=T')
      .split('\n')
      .slice(0, 3),
    [
      '12:00:01.623 GET /users/:id 500 1.50s trace=T',
      '             └ SELECT users 75.0ms',
      '               └ connect\\x1b[2J error 1.0ms refused\\n',
    ],
  );
  assert.match(job, /^12:00:00\.123 job 0\.500ms trace=/);
});

const invalid: readonly [format: string, expected: RegExp][] = [
  ['%(asctime)s %(levelname)q', /after field 'levelname', got 'q'.*position 12 /],
  ['%(message)', /after field 'message', got ''.*position 0 /],
  ['%(message', /does not start a field.*position 0 /],
  ['100% %(message)s', /does not start a field.*position 3 /],
  ['%()s', /no name.*position 0 /],
  ['%(lineno)d', /unsupported field 'lineno'/],
  ['%(message)99999s', /exceeds width 1000/],
  ['prety', /'pretty', 'json', 'logfmt'/],
];

for (const [wrong, expected] of invalid) {
  test(`the format '${wrong}' is rejected`, () => {
    assert.throws(
      () => new ConsoleLogExporter({ format: wrong }),
      (error) => {
        assert.ok(error instanceof SondeConfigError);
        assert.match(error.message, expected);
        return true;
      },
    );
  });
}

test('unknown options are rejected', () => {
  const options: object = { colours: true, slowMs: -1 };
  assert.throws(() => new ConsoleSpanExporter(options), /did you mean colors[^]*slowMs: expected .*, got -1/);
});
