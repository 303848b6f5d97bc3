import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { application } from './support/applications.ts';
import { nodeUnderTest } from './support/node-under-test.ts';
import { runApplication } from './support/run-application.ts';

const timeout = 120_000;

/** Modules that are loaded on demand only. */
const heavy = ['@grpc/grpc-js', 'yaml', '@opentelemetry/sdk-node'];
const upstreamOtlp = ['otlp-exporter-base', 'otlp-transformer', 'protobufjs'];

/** Packages that the preload bundles; loading them again would double the start-up time. */
const bundled = [
  '@opentelemetry/api',
  '@sonde/exporters',
  'core',
  'resources',
  'sdk-logs',
  'sdk-metrics',
  'sdk-trace',
  'instrumentation-http',
];

const none = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };

const environments: readonly {
  readonly env: Readonly<Record<string, string>>;
  readonly lacks: readonly string[];
}[] = [
  {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' },
    lacks: [...heavy, ...upstreamOtlp, ...bundled],
  },
  {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' },
    lacks: [...heavy, ...upstreamOtlp],
  },
  { env: none, lacks: [...heavy, ...upstreamOtlp] },
  { env: { ...none, OTEL_PROPAGATORS: 'b3' }, lacks: [...heavy, ...upstreamOtlp] },
  {
    env: { ...none, OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    // The library is loaded for the first export.

    lacks: [...heavy, ...upstreamOtlp],
  },
];

suite('what is not used is not loaded', { timeout: 2 * timeout }, () => {
  for (const { env, lacks } of environments) {
    test(JSON.stringify(env), { timeout }, async (t) => {
      const node = await nodeUnderTest(t, process.versions.node);
      if (node === undefined) return;
      const cwd = await application(t, [], {
        'app.cjs': `console.log(Object.keys(require.cache).join('\\n')); process.exit();`,
      });
      const { stdout } = await runApplication(node, ['--require', '@sonde/otel/register', 'app.cjs'], {
        cwd,
        env,
      });
      const loaded = (name: string): boolean => stdout.replaceAll('\\', '/').includes(`/${name}/`);
      assert.deepEqual(lacks.filter(loaded), []);
    });
  }
});
