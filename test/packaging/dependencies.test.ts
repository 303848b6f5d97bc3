import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findDuplicates, mustBeSingle } from '../../scripts/duplicates.ts';
import { npm, packPackages, readInstalled } from '../../scripts/tarballs.ts';
import { needs } from '../support/needs.ts';
import { Program } from '../support/program.ts';
import { installation } from './installation.ts';

const timeout = 180_000;
const quiet = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };

test(
  'an installation has one copy of each OpenTelemetry package, and no optional ones',
  { timeout },
  async () => {
    const tree = await readInstalled(await installation());
    assert.deepEqual(findDuplicates(tree, mustBeSingle), []);
    const names = Object.keys(tree.packages).map((path) => path.split('node_modules/').at(-1) ?? '');
    const optional = new Set(['@grpc/grpc-js', '@opentelemetry/sdk-node', 'yaml']);
    assert.deepEqual(
      names.filter((name) => optional.has(name)),
      [],
    );
  },
);

const unavailable = [
  [
    { ...quiet, OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    'sonde: OTLP over gRPC needs @grpc/grpc-js, which is not installed: npm install @grpc/grpc-js, or set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf [SONDE_EXPORTER]',
  ],
  [
    { OTEL_CONFIG_FILE: 'package.json' },
    'sonde: failed to start: OTEL_CONFIG_FILE needs @opentelemetry/sdk-node, which is not installed: npm install @opentelemetry/sdk-node; telemetry is disabled [SONDE_START]',
  ],
] as const;

test(
  'npm installs the packages beside an older API without flags, and names optional packages that are missing',
  { timeout },
  async (t) => {
    const cwd = await mkdtemp(join(tmpdir(), 'sonde-beside-'));
    t.after(() => rm(cwd, { recursive: true, force: true }));
    const manifest = { name: 'consumer', private: true, dependencies: { '@opentelemetry/api': '1.9.0' } };
    await writeFile(join(cwd, 'package.json'), JSON.stringify(manifest));
    await writeFile(
      join(cwd, 'app.cjs'),
      `require('@opentelemetry/api').trace.getTracer('app').startSpan('older').end();`,
    );
    const tarballs = await packPackages(cwd, ['otel', 'exporters']);
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'];
    try {
      await npm(['install', ...flags, '--prefix', cwd, ...tarballs.map(({ path }) => path)], cwd);
    } catch (error) {
      const { message } = error as Error;
      assert.doesNotMatch(message, /ERESOLVE/);
      return needs(t, `packages from the registry of npm: ${message.slice(0, 300)}`);
    }
    const { packages } = await readInstalled(cwd);
    assert.equal(packages['node_modules/@opentelemetry/api']?.version, '1.9.0');
    const args = ['--require', '@sonde/otel/register', 'app.cjs'];
    const env = { ...quiet, OTEL_TRACES_EXPORTER: 'console' };
    await using child = new Program(process.execPath, args, { cwd, env });
    assert.deepEqual(await child.ended, { code: 0, signal: null }, child.output);
    assert.match(child.output, /\bolder\b/);
    for (const [variables, notice] of unavailable) {
      await using without = new Program(process.execPath, args, { cwd, env: variables });
      assert.deepEqual(await without.ended, { code: 0, signal: null }, without.output);
      assert.deepEqual(
        without.stderr.split('\n').filter((line) => line.startsWith('sonde: ')),
        [notice],
      );
    }
    return undefined;
  },
);
