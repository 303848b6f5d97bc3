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

async function textOf(stream: ChildProcess['stdout']): Promise<string> {
  return Buffer.concat((await stream?.toArray()) ?? []).toString();
}

async function output(child: ChildProcess): Promise<{ stdout: string; stderr: string; code: unknown }> {
  const closed = once(child, 'close');
  const [stdout, stderr, [code]] = await Promise.all([textOf(child.stdout), textOf(child.stderr), closed]);
  return { stdout, stderr, code };
}

async function linesOf(options: ConsoleLogOptions, env: Record<string, string> = {}): Promise<string[]> {
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

test("Python's format, with its default date", async () => {
  const lines = await linesOf({
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

test("Python's format of messages and numbers", async () => {
  const [first, second] = await linesOf({
    format: '%(message)s|%(count)+d|%(count).2f|%(count)#x|%(msecs)03d|%(list)s',
  });
  assert.equal(first, 'hello\\nworld \\x1b[31mred\\u202e|+3|3.00|0x3|123|["x",1]');
  assert.ok(second?.startsWith('{"nested":[1,{"deep":true}]}|'));
});

test('json has one object for each line, with trace ids where collectors look', async () => {
  const lines = await linesOf({ format: 'json' });
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

test('json is the default where no terminal is', async () => {
  const [line] = await linesOf({});
  assert.equal(JSON.parse(line ?? '').severity, 'WARNING');
});

test('logfmt', async () => {
  const [line] = await linesOf({ format: 'logfmt' });
  assert.match(
    line ?? '',
    /^time=2026-11-22T\d\d:00:00\.123Z level=warning logger=app msg="hello\\nworld \\x1b\[31mred\\u202e" trace_id=0af7651916cd43dd8448eb211c80319c span_id=b7ad6b7169203331 http\.route="\/a b" count=3 message=mine list="\[\\"x\\",1\]"$/,
  );
});

const formats = ['pretty', 'json', 'logfmt', '%(asctime)s %(levelname)s %(name)s %(message)s %(forged)s'];

for (const each of formats) {
  test(`nothing in a record forges a line, nor a member of it: ${each}`, async () => {
    const lines = await linesOf({ format: each }, { SCENARIO: 'forged' });
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

test('pretty is one line, and the stack of an error below it', async () => {
  assert.deepEqual(await linesOf({ format: 'pretty' }), [
    '12:00:00.123 WARNING  app: hello\\nworld \\x1b[31mred\\u202e http.route="/a b" count=3 message=mine list="[\\"x\\",1]" trace=0af76519',
    '12:00:00.123 CRITICAL app.db: {"nested":[1,{"deep":true}]}',
    '    Error: outer',
    '        at somewhere\\x1b[2J',
    '    Caused by: Error: inner',
  ]);
});

async function hasColour(options: ConsoleLogOptions, env: Record<string, string>): Promise<boolean> {
  const lines = await linesOf({ format: 'pretty', ...options }, env);
  return lines.some((line) => line.includes('\x1b[33mWARNING'));
}

test('colours by option and by FORCE_COLOR, not with NO_COLOR', async () => {
  assert.equal(await hasColour({ colors: true }, {}), true);
  assert.equal(await hasColour({}, { FORCE_COLOR: '1' }), true);
  assert.equal(await hasColour({}, { FORCE_COLOR: '1', NO_COLOR: '1' }), false);
  assert.equal(await hasColour({}, {}), false);
});

test('stdout by option', async () => {
  const { stdout, stderr } = await output(run('record', { stream: 'stdout', format: 'logfmt' }));
  assert.equal(stdout.split('\n').length, 3);
  assert.equal(stderr, '');
});

test('every line is out, in order, when the process exits', async () => {
  const { stderr, code } = await output(run('exit', { format }));
  assert.equal(code, 7);
  assertEveryLine(stderr, 20_000);
});

test('every line is out when the process crashes', async () => {
  const { stdout, code } = await output(run('crash', { format, stream: 'stdout' }));
  assert.equal(code, 1);
  assert.equal(stdout.split('\n').filter((line) => line.startsWith('line ')).length, 2000);
});

test('a reader that is slow gets every line, also through a pipe that does not block', async () => {
  const child = run('nonBlocking', { format });
  assert.ok(child.stderr);
  const first: unknown = await new Promise((resolve) => {
    child.stderr?.once('readable', () => resolve(child.stderr?.read(1)));
  });
  assert.ok(first instanceof Buffer);
  const { stderr } = await output(child);
  assertEveryLine(first.toString() + stderr, 20_000);
});

test('a reader that goes away does not harm the application', async () => {
  const child = run('exit', { format, stream: 'stdout' });
  child.stdout?.destroy();
  const [code] = await once(child, 'exit');
  assert.equal(code, 7);
});

test('spans: a line for each local root, its slow and failed children below', async () => {
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

const invalid: readonly [format: string, says: RegExp][] = [
  ['%(asctime)s %(levelname)q', /'levelname' ends with 'q'.*position 12 /],
  ['%(message)', /'message' ends with ''.*position 0 /],
  ['%(message', /starts no field.*position 0 /],
  ['100% %(message)s', /starts no field.*position 3 /],
  ['%()s', /no name.*position 0 /],
  ['%(lineno)d', /'lineno' is not known here/],
  ['%(message)99999s', /wider than/],
  ['prety', /'pretty', 'json', 'logfmt'/],
];

for (const [wrong, says] of invalid) {
  test(`the format '${wrong}' is refused`, () => {
    assert.throws(
      () => new ConsoleLogExporter({ format: wrong }),
      (error) => {
        assert.ok(error instanceof SondeConfigError);
        assert.match(error.message, says);
        return true;
      },
    );
  });
}

test('unknown options are refused', () => {
  const options: object = { colours: true, slowMs: -1 };
  assert.throws(() => new ConsoleSpanExporter(options), /did you mean colors[^]*slowMs: expected .*, got -1/);
});
