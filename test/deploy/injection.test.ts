import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { parse } from 'yaml';
import { packPackages } from '../../scripts/tarballs.ts';
import { type Kind, kinds, program } from '../packaging/loading.ts';
import { needs } from '../support/needs.ts';
import { nodeBinary } from '../support/node-versions.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import { Program } from '../support/program.ts';
import { run } from '../support/run.ts';

const timeout = 120_000;
const root = join(import.meta.dirname, '..', '..');
const injection = join(root, 'deploy/injection');

let folder = '';
let mounted = '';

before(
  async () => {
    folder = await mkdtemp(join(tmpdir(), 'sonde-injection-'));
    const packed = join(folder, 'packed');
    await mkdir(packed);
    const tarballs = (await packPackages(packed)).filter(({ name }) => name !== '@sonde/router');
    const image = join(folder, 'autoinstrumentation');
    const paths = tarballs.map(({ path }) => path);
    const filled = await run(process.execPath, [join(injection, 'fill.mjs'), image, ...paths], root);
    assert.equal(filled.code, 0, filled.output);
    // The steps of the operator's init container.
    mounted = join(folder, 'otel-auto-instrumentation-nodejs');
    await mkdir(mounted);
    const copied = await run('cp', ['-r', `${image}/.`, mounted], root);
    assert.equal(copied.code, 0, copied.output);
  },
  { timeout },
);
after(() => rm(folder, { recursive: true, force: true }));

/** Environment variables that the operator sets in a container. */
const environment = (endpoint: string): Record<string, string> => ({
  NODE_OPTIONS: ` --require ${join(mounted, 'autoinstrumentation.js')}`,
  OTEL_SERVICE_NAME: 'shop',
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_PROPAGATORS: 'tracecontext,baggage',
  OTEL_RESOURCE_ATTRIBUTES:
    'k8s.container.name=shop,k8s.deployment.name=shop,k8s.namespace.name=shops,k8s.node.name=node-1,k8s.pod.name=shop-7d4b9,service.version=1.4.0',
});

/** A service without telemetry code that handles one request. */
const service = (kind: Kind): string =>
  program(
    kind,
    { 'node:http': ['createServer'], 'node:events': ['once'] },
    `const server = createServer((request, response) => response.end('hello')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const answer = await fetch('http://127.0.0.1:' + server.address().port + '/users/42');
    console.log(await answer.text());
    server.close();`,
  );

/** Creates a folder with an application and without Sonde. */
async function application(name: string, text: string): Promise<string> {
  const directory = await mkdtemp(join(folder, 'app-'));
  await writeFile(join(directory, name), text);
  return directory;
}

for (const kind of kinds) {
  test(`telemetry of an unmodified application in a pod arrives (${kind})`, { timeout }, async () => {
    await using sink = await OtlpSink.start();
    const cwd = await application(`app.${kind}`, service(kind));
    await using child = new Program(process.execPath, [`app.${kind}`], { cwd, env: environment(sink.url) });
    assert.deepEqual(await child.ended, { code: 0, signal: null }, child.output);
    assert.equal(child.stdout, 'hello\n');
    assert.match(child.stderr, /^sonde 0\.1\.0 shop · /);
    const spans = sink.spans.map(({ raw, traceId, resource }) => ({
      kind: raw['kind'],
      traceId,
      pod: resource['k8s.pod.name'],
      service: resource['service.name'],
    }));
    const [{ traceId } = { traceId: '' }] = spans;
    assert.deepEqual(
      spans.toSorted((a, b) => Number(a.kind) - Number(b.kind)),
      [2, 3].map((spanKind) => ({ kind: spanKind, traceId, pod: 'shop-7d4b9', service: 'shop' })),
    );
    const names = new Set(sink.metrics.map(({ name }) => name));
    assert.ok(names.has('http.server.request.duration') && names.has('nodejs.eventloop.utilization'));
  });
}

test(
  'npm, which a container often starts, stays quiet, and what it starts is seen',
  { timeout },
  async () => {
    await using sink = await OtlpSink.start();
    const cwd = await application('app.js', service('cjs'));
    await writeFile(join(cwd, 'package.json'), '{ "scripts": { "start": "node app.js" } }');
    await using child = new Program('npm', ['start', '--silent'], { cwd, env: environment(sink.url) });
    assert.deepEqual(await child.ended, { code: 0, signal: null }, child.output);
    assert.equal(child.stderr.split('sonde 0.1.0').length, 2, child.stderr);
    assert.equal(sink.spans.length, 2);
  },
);

test('an unsupported Node.js version runs the application uninstrumented', { timeout }, async (t) => {
  const old = await nodeBinary('20.19.0').catch((error: Error) => error.message);
  if (!old.endsWith('node')) return needs(t, `Node 20 from npm: ${old}`);
  await using sink = await OtlpSink.start();
  const cwd = await application('app.cjs', service('cjs'));
  await using child = new Program(old, ['app.cjs'], { cwd, env: environment(sink.url) });
  assert.deepEqual(await child.ended, { code: 0, signal: null }, child.output);
  assert.equal(child.stdout, 'hello\n');
  assert.match(child.stderr, /^sonde: Node\.js >= 22\.15 is required \(found 20\.19\.0\): .*\n$/);
  assert.equal(sink.requests.length, 0);
});

test('a broken installation is reported, and the application runs', { timeout }, async () => {
  const broken = join(folder, 'broken');
  await cp(mounted, broken, { recursive: true });
  await rm(join(broken, 'node_modules/@sonde/otel/dist'), { recursive: true });
  const cwd = await application('app.cjs', service('cjs'));
  const env = { NODE_OPTIONS: `--require ${join(broken, 'autoinstrumentation.js')}` };
  await using child = new Program(process.execPath, ['app.cjs'], { cwd, env });
  assert.deepEqual(await child.ended, { code: 0, signal: null }, child.output);
  assert.equal(child.stdout, 'hello\n');
  assert.match(child.stderr, /^sonde: failed to load @sonde\/otel: .*telemetry is disabled/);
});

suite('the content of the injected volume', () => {
  test('fits the volume that the operator creates', async () => {
    const files = await readdir(mounted, { recursive: true, withFileTypes: true });
    const sizes = await Promise.all(
      files
        .filter((file) => file.isFile())
        .map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
    );
    const megabytes = sizes.reduce((sum, size) => sum + size, 0) / 1e6;
    assert.ok(sizes.length > 100 && megabytes < 30, `${megabytes} MB`);
    const { spec } = parse(await readFile(join(injection, 'instrumentation.yaml'), 'utf8'));
    assert.equal(spec.nodejs.volumeLimitSize, '100Mi');
  });

  test('is readable by other users', async () => {
    const files = await readdir(mounted, { recursive: true, withFileTypes: true });
    for (const { parentPath, name } of files) {
      const { mode } = await stat(join(parentPath, name));
      assert.ok((mode & 0o004) !== 0, `${name} has mode ${mode.toString(8)}`);
    }
  });
});

test('the folder and the file have the names that the operator expects', async () => {
  const lines = (await readFile(join(injection, 'Dockerfile'), 'utf8')).split('\n');
  assert.ok(lines.includes('COPY --from=build /autoinstrumentation /autoinstrumentation'));
  assert.ok(lines.some((line) => line.startsWith('USER ') && !/\b(0|root)\b/.test(line)));
  assert.ok(lines.filter((line) => line.startsWith('FROM ')).every((line) => line.startsWith('FROM ${')));
  assert.ok((await readdir(injection)).includes('autoinstrumentation.js'));
});
