import assert from 'node:assert/strict';
import { before, suite, test, type TestContext } from 'node:test';
import { needs } from '../support/needs.ts';
import { nodeBinary, nodeVersions } from '../support/node-versions.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import { Program } from '../support/program.ts';
import { installation, project } from './installation.ts';
import { type Kind, kinds, manifest, program } from './loading.ts';

const timeout = 120_000;

/** Service with the router that handles one request and exits. `first` runs first. */
const service = (kind: Kind, first = ''): string =>
  program(
    kind,
    { '@sonde/otel': ['counter', 'getLogger', 'start'], '@sonde/router': ['createRouter'] },
    `${first}
    const log = getLogger('consumer');
    const requests = counter('http.requests', { description: 'Total HTTP requests' });
    const server = await createRouter()
      .get('/users/:id', ({ params }) => {
        requests.add(1);
        log.info('Looking up a user', { 'user.id': params.id });
        return { id: params.id };
      })
      .listen({ port: 0 });
    const answer = await fetch(server.url + '/users/42');
    console.log(await answer.text());
    await server.close();`,
  );

/** Unmodified service that handles one request. */
const stranger = (kind: Kind): string =>
  program(
    kind,
    { 'node:http': ['createServer', 'get'], 'node:events': ['once'] },
    `const server = createServer((request, response) => response.end('hello')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const [response] = await once(get({ host: '127.0.0.1', port: server.address().port }), 'response');
    for await (const chunk of response) console.log(String(chunk));
    server.close();`,
  );

const instrumentationUses = {
  '@sonde/otel': ['start'],
  '@opentelemetry/instrumentation': ['InstrumentationBase', 'InstrumentationNodeModuleDefinition'],
};

/** Setup with an instrumentation that prints when it patches its package. */
const instrumentYaml = `
  class YamlInstrumentation extends InstrumentationBase {
    constructor() {
      super('yaml', '1.0.0', {});
    }
    init() {
      return [
        new InstrumentationNodeModuleDefinition('yaml', ['*'], (exports) => {
          console.log('patched yaml');
          return exports;
        }),
      ];
    }
  }
  start({ traces: { exporter: 'none' }, logs: { exporter: 'none' }, metrics: { exporter: ['none'] }, instrumentations: [new YamlInstrumentation()] });`;

/** Runs a program with a sink. @throws with its output if it fails */
async function runToEnd(
  node: string,
  args: readonly string[],
  cwd: string,
  sink?: OtlpSink,
): Promise<Program> {
  const env = sink === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url };
  const child = new Program(node, args, { cwd, env: { NODE_OPTIONS: undefined, ...env } });
  assert.deepEqual(await child.ended, { code: 0, signal: null }, child.output);
  return child;
}

const times = (text: string, part: string): number => text.split(part).length - 1;

/** One request was made: it is one trace with one log record, counted once, by one set-up. */
function assertOneRequest(sink: OtlpSink, child: Program): void {
  const names = sink.spans.map(({ name }) => name).toSorted();
  assert.deepEqual(names, ['GET', 'GET /users/:id'], child.output);
  const [span] = sink.spans;
  assert.deepEqual(
    sink.logs.map(({ name, traceId }) => ({ name, traceId })),
    [{ name: 'Looking up a user', traceId: span?.traceId }],
  );
  assert.deepEqual(new Set(sink.spans.map(({ traceId }) => traceId)).size, 1);
  assert.equal(span?.resource['service.name'], 'consumer');
  assert.equal(sink.metrics.filter(({ name }) => name === 'http.requests').length, 1);
  assert.equal(times(child.stderr, 'sonde 0.1.0 consumer ·'), 1, child.stderr);
  assert.equal(child.stdout.trim(), '{"id":"42"}');
}

for (const version of [process.versions.node, ...nodeVersions]) {
  suite(`Node ${version}`, { timeout }, () => {
    let binary: string | undefined;
    let unreachable = '';
    before(async () => {
      await installation();
      binary =
        version === process.versions.node
          ? process.execPath
          : await nodeBinary(version).catch((error: Error) => {
              unreachable = error.message;
              return undefined;
            });
    });

    /** Defines a test with this version of Node.js. */
    const on = (name: string, body: (t: TestContext, node: string) => Promise<void>): void => {
      test(name, { timeout }, (t) =>
        binary === undefined ? needs(t, `Node ${version} from npm: ${unreachable}`) : body(t, binary),
      );
    };

    on('every entry point has the same exports for require and import', async (t, node) => {
      const directory = await project(t, {
        'app.mjs': `
          import { createRequire } from 'node:module';
          const require = createRequire(import.meta.url);
          for (const entry of ['@sonde/router', '@sonde/otel', '@sonde/exporters']) {
            const required = Object.keys(require(entry)).sort();
            const imported = Object.keys(await import(entry)).sort();
            console.log(JSON.stringify({ entry, required, imported }));
          }`,
      });
      const child = await runToEnd(node, ['app.mjs'], directory);
      const lines = child.stdout.trim().split('\n');
      assert.equal(lines.length, 3);
      for (const line of lines) {
        const { entry, required, imported } = JSON.parse(line);
        assert.ok(imported.length > 0, entry);
        assert.deepEqual(required, imported, entry);
      }
      assert.equal(child.stderr, '', 'loading says nothing and starts nothing');
    });

    for (const kind of kinds) {
      on(`@sonde/router alone (${kind}): routes without an SDK`, async (t, node) => {
        const app = program(
          kind,
          { '@sonde/router': ['createRouter'] },
          `const router = createRouter().get('/users/:id', ({ params }) => ({ id: params.id }));
          const answer = await router.fetch(new Request('http://localhost/users/7'));
          console.log(answer.status, await answer.text());`,
        );
        const child = await runToEnd(node, [`app.${kind}`], await project(t, { [`app.${kind}`]: app }));
        assert.equal(child.stdout.trim(), '200 {"id":"7"}');
        assert.equal(child.stderr, '');
      });

      on(`@sonde/exporters alone (${kind}): a Prometheus endpoint`, async (t, node) => {
        const app = program(
          kind,
          { '@sonde/exporters': ['PrometheusExporter'], '@opentelemetry/sdk-metrics': ['MeterProvider'] },
          `const exporter = new PrometheusExporter({ port: 0 });
          const provider = new MeterProvider({ readers: [exporter] });
          provider.getMeter('m').createHistogram('job.duration', { unit: 's' }).record(0.2);
          const { url } = await exporter.ready();
          console.log(await (await fetch(url)).text());
          await provider.shutdown();`,
        );
        const child = await runToEnd(node, [`app.${kind}`], await project(t, { [`app.${kind}`]: app }));
        assert.match(child.stdout, /^job_duration_seconds_count\{.*\} 1$/m);
      });

      for (const preload of kinds) {
        on(`--require ./instrument in ${preload}, application in ${kind}: one state`, async (t, node) => {
          await using sink = await OtlpSink.start();
          const directory = await project(t, {
            'package.json': manifest(preload),
            'instrument.js': program(preload, { '@sonde/otel': ['start'] }, 'globalThis.first = start();'),
            [`app.${kind}`]: service(
              kind,
              `if (start() !== globalThis.first) throw new Error('two set-ups in one process');`,
            ),
          });
          const child = await runToEnd(node, ['--require', './instrument', `app.${kind}`], directory, sink);
          assertOneRequest(sink, child);
          assert.equal(times(child.stderr, '[SONDE_STARTED_TWICE]'), 1, child.stderr);
        });
      }

      for (const preload of kinds) {
        on(
          `an instrumentation of a package, set up in ${preload}, application in ${kind}`,
          async (t, node) => {
            const directory = await project(t, {
              'package.json': manifest(preload),
              'instrument.js': program(preload, instrumentationUses, instrumentYaml),
              'app/node_modules/yaml/package.json': '{ "name": "yaml", "version": "2.0.0" }',
              'app/node_modules/yaml/index.js': 'exports.parse = Number;',
              [`app/app.${kind}`]: program(kind, { yaml: ['parse'] }, `console.log('parsed', parse('1'));`),
            });
            const child = await runToEnd(node, ['--require', './instrument', `app/app.${kind}`], directory);
            // Node 22.15 ends over hooks from an ES module that was required: Sonde says so, and leaves them.
            const told = times(child.stderr, '[SONDE_ES_PACKAGES]') === 1;
            assert.equal(told, version === '22.15.0' && preload === 'mjs', child.stderr);
            assert.equal(child.stdout.includes('patched yaml'), kind === 'cjs' || !told, child.output);
            assert.ok(child.stdout.includes('parsed 1'), child.output);
          },
        );
      }

      for (const flag of ['--require', '--import']) {
        on(
          `${flag} @sonde/otel/register, application in ${kind}: index shares its state`,
          async (t, node) => {
            await using sink = await OtlpSink.start();
            const directory = await project(t, { [`app.${kind}`]: service(kind, 'start();') });
            const child = await runToEnd(
              node,
              [flag, '@sonde/otel/register', `app.${kind}`],
              directory,
              sink,
            );
            assertOneRequest(sink, child);
            assert.equal(times(child.stderr, '[SONDE_STARTED_TWICE]'), 1, child.stderr);
          },
        );

        on(`${flag} @sonde/otel/register, an unmodified program (${kind})`, async (t, node) => {
          await using sink = await OtlpSink.start();
          const directory = await project(t, { [`app.${kind}`]: stranger(kind) });
          const child = await runToEnd(node, [flag, '@sonde/otel/register', `app.${kind}`], directory, sink);
          assert.equal(child.stdout.trim(), 'hello');
          assert.deepEqual(
            sink.spans.map(({ raw }) => raw['kind']).toSorted((a, b) => Number(a) - Number(b)),
            [2, 3],
            `a server's and a client's span\n${child.output}`,
          );
          assert.equal(new Set(sink.spans.map(({ traceId }) => traceId)).size, 1, 'one trace');
        });
      }
    }

    on('--require of the router and the exporters has no side effects', async (t, node) => {
      const directory = await project(t, { 'app.cjs': `console.log('done');` });
      const preloads = ['--require', '@sonde/router', '--require', '@sonde/exporters'];
      const child = await runToEnd(node, [...preloads, 'app.cjs'], directory);
      assert.equal(child.output, 'done\n');
    });
  });
}
