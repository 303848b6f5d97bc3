import assert from 'node:assert/strict';
import { mkdtemp, rm, symlink, writeFile, mkdir, appendFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createTraces } from '../testing/otlp-messages.ts';
import { SondeProgram } from '../testing/sonde-program.ts';

const packages = fileURLToPath(new URL('../../../', import.meta.url));

/** A project with files, in which Sonde is installed or not. */
async function project(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  { installed = true } = {},
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sonde-cli-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  if (installed) {
    await mkdir(join(directory, 'node_modules/@sonde'), { recursive: true });
    for (const name of ['otel', 'router']) {
      await symlink(join(packages, name), join(directory, 'node_modules/@sonde', name));
    }
  }
  for (const [name, text] of Object.entries({ 'package.json': '{"name":"program"}', ...files })) {
    await writeFile(join(directory, name), text);
  }
  return directory;
}

/** A server that answers two requests of its own, then ends. */
const server = `
const http = require('node:http');
const server = http.createServer((request, response) => {
  if (request.url === '/fail') response.statusCode = 500;
  response.end('hello');
}).listen(0, '127.0.0.1', async () => {
  const url = 'http://127.0.0.1:' + server.address().port;
  await (await fetch(url + '/feed')).text();
  await (await fetch(url + '/fail')).text();
  server.close();
  server.closeAllConnections();
  console.log('the program is done');
});
`;

test('a program that knows nothing of Sonde is seen, and its output and exit code are passed on', async (t) => {
  const directory = await project(t, {
    'app.cjs': `${server} process.on('exit', () => { process.exitCode = 7 });`,
  });
  await using sonde = SondeProgram.start(
    [
      'dev',
      '--assert',
      'kind=server path="/feed" count() = 1',
      '--assert',
      'kind=server status=500 count() = 1',
      '--',
      'node',
      'app.cjs',
    ],
    directory,
  );
  const { code } = await sonde.ended;
  assert.match(sonde.stdout, /the program is done/);
  assert.match(sonde.stderr, /^open http:\/\/localhost:\d+\/$/m);
  assert.match(sonde.stderr, /ok {4} kind=server path="\/feed" count\(\) = 1 \(1 request\)/);
  assert.equal(code, 7, sonde.stderr);
});

test('a program that starts Sonde itself keeps its own options, and is seen once', async (t) => {
  const instrument =
    "require('@sonde/otel').start({ serviceName: 'my own name', logs: { console: false } });";
  const directory = await project(t, {
    'instrument.cjs': instrument,
    'app.cjs': server,
    'main.cjs': `require('./instrument.cjs'); require('./app.cjs');`,
  });
  for (const command of [
    ['node', '--require', './instrument.cjs', 'app.cjs'],
    ['node', 'main.cjs'],
  ]) {
    await using sonde = SondeProgram.start(
      [
        'dev',
        '--assert',
        'service="my own name" kind=server count() = 2',
        '--assert',
        '-service="my own name" count() = 0',
        '--',
        ...command,
      ],
      directory,
    );
    const { code } = await sonde.ended;
    assert.equal(code, 0, sonde.stderr);
    assert.doesNotMatch(sonde.stderr, /STARTED_TWICE/);
  }
});

test('an assertion that does not hold ends with 1 and says what was found', async (t) => {
  const directory = await project(t, { 'app.cjs': server });
  const run = async (...assertions: string[]): Promise<{ code: number | null; text: string }> => {
    const flags = assertions.flatMap((assertion) => ['--assert', assertion]);
    await using sonde = SondeProgram.start(['dev', ...flags, '--', 'node', 'app.cjs'], directory);
    const { code } = await sonde.ended;
    return { code, text: sonde.stderr };
  };
  const failed = await run('kind=server spans("server") <= 0');
  assert.equal(failed.code, 1, failed.text);
  assert.match(failed.text, /FAILED kind=server spans\("server"\) <= 0 \(2 requests\)/);
  assert.match(failed.text, /spans\("server"\) <= 0: it is 1 in GET of program, trace [0-9a-f]{32}/);
  const none = await run('route="/nobody" spans("db") <= 2');
  assert.equal(none.code, 1);
  assert.match(none.text, /no request matches/);
});

test('signals are passed on, and the code is that of the command', async (t) => {
  const directory = await project(t, {
    'app.cjs': `process.on('SIGTERM', () => { console.log('said good-bye'); process.exit(3); }); setInterval(() => {}, 1000); console.log('ready');`,
  });
  await using sonde = SondeProgram.start(
    ['dev', '--port', '0', '--otlp-port', '0', '--grpc-port', '0', '--', 'node', 'app.cjs'],
    directory,
  );
  await sonde.printed('ready');
  sonde.kill('SIGTERM');
  const { code } = await sonde.ended;
  assert.match(sonde.stdout, /said good-bye/);
  assert.equal(code, 3);
});

test('requests under way are shown while they run, and not traced themselves', async (t) => {
  const directory = await project(t, {
    'app.cjs': `
      const http = require('node:http');
      let answer;
      const server = http.createServer((request, response) => {
        if (request.url === '/finish') { answer.end('late'); response.end(); return; }
        answer = response;
      }).listen(0, '127.0.0.1', () => {
        console.log('listens on ' + server.address().port + ';');
      });
      process.on('SIGTERM', () => process.exit(0));`,
  });
  await using sonde = SondeProgram.start(
    ['dev', '--port', '0', '--otlp-port', '0', '--no-grpc', '--', 'node', 'app.cjs'],
    directory,
  );
  await sonde.printed('listens on');
  await sonde.printed(';');
  await sonde.printed('open http');
  const [, port] = /listens on (\d+);/.exec(sonde.stdout) ?? [];
  const [, url] = /^open (\S+)$/m.exec(sonde.stderr) ?? [];
  const ask = async (
    path: string,
  ): Promise<{ count: number; items: { name: string; path: string; elapsedMs: number }[] }> =>
    (await (await fetch(`${url}api/${path}`)).json()) as never;
  const pending = fetch(`http://127.0.0.1:${port}/report`);
  let open = await ask('requests/open');
  while (open.count === 0) open = await ask('requests/open');
  assert.deepEqual([open.items[0]?.path, open.count], ['/report', 1]);
  assert.ok((open.items[0]?.elapsedMs ?? 0) > 100);
  await fetch(`http://127.0.0.1:${port}/finish`);
  await (await pending).text();
  while (open.count > 0) open = await ask('requests/open');
  const requests = async (): Promise<string[]> => (await ask('requests')).items.map(({ path }) => path);
  while ((await requests()).length < 2) await ask('status');
  assert.deepEqual((await requests()).toSorted(), ['/finish', '/report']);
  sonde.kill('SIGTERM');
  await sonde.ended;
});

test('a program whose options send nothing over OTLP is seen all the same', async (t) => {
  const options =
    "{ serviceName: 'quiet', traces: { exporter: 'none', sampling: { ratio: 0 } }, logs: { exporter: 'none', console: false }, metrics: { exporter: ['none'] } }";
  const directory = await project(t, {
    'instrument.cjs': `require('@sonde/otel').start(${options});`,
    'app.cjs': server,
  });
  await using sonde = SondeProgram.start(
    [
      'dev',
      '--assert',
      'service=quiet kind=server count() = 2',
      '--',
      'node',
      '--require',
      './instrument.cjs',
      'app.cjs',
    ],
    directory,
  );
  assert.equal((await sonde.ended).code, 0, sonde.stderr);
});

test('loaded packages without an instrumentation are a finding, those with one are not', async (t) => {
  const manifest = {
    name: 'program',
    type: 'module',
    dependencies: {
      express: '*',
      kafkajs: '*',
      mysql2: '*',
      pg: '*',
      '@opentelemetry/instrumentation-kafkajs': '*',
    },
  };
  const entry = { type: 'module', main: 'index.js', version: '1.2.3' };
  const directory = await project(t, {
    'package.json': JSON.stringify(manifest),
    'app.js': `import 'express'; import 'kafkajs'; import 'mysql2'; import 'pg'; import '@opentelemetry/instrumentation-kafkajs'; setInterval(() => {}, 1000);`,
  });
  for (const name of Object.keys(manifest.dependencies)) {
    const folder = join(directory, 'node_modules', name);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name, ...entry }));
    await writeFile(join(folder, 'index.js'), '');
  }
  await using sonde = SondeProgram.start(
    ['dev', '--port', '0', '--otlp-port', '0', '--no-grpc', '--', 'node', 'app.js'],
    directory,
  );
  await sonde.printed('open http');
  const [, url] = /^open (\S+)$/m.exec(sonde.stderr) ?? [];
  interface Instance {
    readonly packages: readonly { readonly [key: string]: unknown }[] | null;
    readonly findings: readonly { readonly code: string; readonly text: string; readonly fix: string }[];
  }
  const read = async (): Promise<Instance | undefined> => {
    const { instances } = (await (await fetch(`${url}api/health`)).json()) as { instances: Instance[] };
    return instances[0];
  };
  let instance = await read();
  while (instance?.packages === null || instance === undefined) instance = await read();
  const found = instance.packages.map(({ name, instrumentation, isInstrumented }) => [
    name,
    instrumentation,
    isInstrumented,
  ]);
  assert.deepEqual(found, [
    ['express', '@sonde/otel', true],
    ['kafkajs', '@opentelemetry/instrumentation-kafkajs', true],
    ['mysql2', '@opentelemetry/instrumentation-mysql2', false],
    ['pg', '@opentelemetry/instrumentation-pg', false],
  ]);
  const finding = instance.findings.find(({ code }) => code === 'NOT_INSTRUMENTED');
  assert.deepEqual(
    [finding?.text, finding?.fix],
    [
      'mysql2 1.2.3, pg 1.2.3 are loaded and not instrumented',
      'npm install @opentelemetry/instrumentation-mysql2 @opentelemetry/instrumentation-pg',
    ],
  );
});

test('several commands run at once, one of them by the shell', async (t) => {
  const directory = await project(t, { 'a.cjs': "console.log('this is a')" });
  await using sonde = SondeProgram.start(
    [
      'dev',
      '--no-preload',
      '--port',
      '0',
      '--otlp-port',
      '0',
      '--no-grpc',
      '-c',
      'echo this is $((1 + 1)); exit 4',
      '--',
      'node',
      'a.cjs',
      '--',
      'no-such-command-here',
    ],
    directory,
  );
  const { code } = await sonde.ended;
  assert.match(sonde.stdout, /this is a/);
  assert.match(sonde.stdout, /this is 2/);
  assert.match(sonde.stderr, /cannot run "no-such-command-here": no such command/);
  assert.equal(code, 127);
});

test('a program that is restarted by node --watch keeps its history', async (t) => {
  const directory = await project(t, { 'app.cjs': `${server} // 1` });
  const file = join(directory, 'session.db');
  await using sonde = SondeProgram.start(
    [
      'dev',
      '--port',
      '0',
      '--otlp-port',
      '0',
      '--no-grpc',
      '--file',
      file,
      '--',
      'node',
      '--watch',
      'app.cjs',
    ],
    directory,
  );
  await sonde.printed('the program is done', 1);
  await appendFile(join(directory, 'app.cjs'), '2');
  await sonde.printed('the program is done', 2);
  await sonde.printed('open http');
  const [, url] = /^open (\S+)$/m.exec(sonde.stderr) ?? [];
  const status = async (): Promise<{ commands: { restarts: number }[] }> =>
    (await (await fetch(`${url}api/status`)).json()) as never;
  while ((await status()).commands[0]?.restarts !== 1) await fetch(`${url}api/status`);
  for (let requests = 0; requests < 4;) {
    const response = await fetch(`${url}api/requests?q=kind%3Dserver`);
    const { items } = (await response.json()) as { items: unknown[] };
    requests = items.length;
  }
  sonde.kill('SIGINT');
  await sonde.ended;
});

test('sonde dev alone receives from any program until it is interrupted', async (t) => {
  const directory = await project(t, {}, { installed: false });
  await using sonde = SondeProgram.start(
    ['dev', '--port', '0', '--otlp-port', '0', '--grpc-port', '0'],
    directory,
  );
  await sonde.printed('open http');
  const [, otlp] = /receives OTLP at (\S+), gRPC on \d+/.exec(sonde.stderr) ?? [];
  const response = await fetch(`${otlp}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(createTraces([{ trace: 1, span: 1 }])),
  });
  assert.equal(response.status, 200);
  sonde.kill('SIGINT');
  assert.equal((await sonde.ended).code, 0);
});

test('the command line explains itself, and names the flag, its value and what is expected', async (t) => {
  const directory = await project(t, {}, { installed: false });
  const run = async (...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> => {
    await using sonde = SondeProgram.start(args, directory);
    const { code } = await sonde.ended;
    return { code, stdout: sonde.stdout, stderr: sonde.stderr };
  };
  assert.match((await run('--help')).stdout, /Usage: sonde <command>/);
  assert.match((await run('--version')).stdout, /^\d+\.\d+\.\d+\n$/);
  assert.match((await run('dev', '--help')).stdout, /--assert ASSERTION/);
  for (const { stdout } of [await run('--help'), await run('dev', '--help')]) {
    assert.deepEqual(
      stdout.split('\n').filter((line) => line.length > 80),
      [],
      'fits a terminal of 80 columns',
    );
  }
  const table: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [['dve'], /"dve": no such command; did you mean dev\?/],
    [['dev', '--prot', '1'], /--prot: no such option; did you mean --port\?/],
    [['dev', '--port', 'many'], /--port: "many" is not allowed; expected a port from 0 to 65535/],
    [['dev', '--max-size', '12'], /--max-size: "12" is not allowed; expected a size of at least 1MB/],
    [['dev', '--port'], /--port: the value is missing; expected a port from 0 to 65535/],
    [['dev', '-c'], /--command: the value is missing; expected a command line/],
    [['dev', '--no-grpc=1'], /--no-grpc: expected no value/],
    [['dev', '--editor', 'code'], /--editor: "code" is not allowed; expected a template with \{file\}/],
    [
      ['dev', '--port', '0', '--otlp-port', '0', '--no-grpc', '--import', '/no/such'],
      /--import: "\/no\/such" cannot be read/,
    ],
    [
      ['dev', '--host', '192.0.2.1', '--port', '0', '--otlp-port', '0', '--no-grpc'],
      /--host: "192\.0\.2\.1" is no address of this machine \(EADDRNOTAVAIL\); expected one, such as 0\.0\.0\.0/,
    ],
    [['dev', '--max-age', 'old'], /--max-age: "old" is not allowed; expected a duration/],
    [['dev', '--forward', 'here'], /--forward: "here" is not allowed; expected an address/],
    [
      ['dev', 'node', 'app.js'],
      /"node": expected an option; a command comes after --, as in sonde dev -- node app\.js/,
    ],
    [['dev', '--'], /--: nothing follows; expected a command/],
    [
      ['dev', '--assert', 'spans("db")', '--', 'x'],
      /--assert: "spans\(\\"db\\"\)" cannot be read: expected a comparison/,
    ],
    [['dev', '--assert', 'route=/x', '--', 'x'], /expected an expectation, such as spans\("db"\) <= 2/],
    [['dev', '--assert', 'count() > 1'], /--assert: expected a command/],
    [
      ['dev', '--file', '/no/such/directory/x.db', '--port', '0', '--otlp-port', '0', '--no-grpc'],
      /cannot use \/no\/such\/directory\/x\.db/,
    ],
  ];
  for (const [args, message] of table) {
    const { code, stderr } = await run(...args);
    assert.match(stderr, message);
    assert.ok(code === 1 || code === 2, String(code));
  }
});
