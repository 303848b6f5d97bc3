import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { channelVersions } from '@sonde/sdk/libraries';
import { knownVariables } from '../../packages/dev/src/doctor/variables.ts';
import { listSettings } from '../../packages/otel/src/config/setting.ts';
import { settings } from '../../packages/otel/src/config/settings/settings.ts';
import { channelLibraries } from '../../packages/otel/src/instrumentation/channels/libraries.ts';
import { freePort } from '../support/free-port.ts';
import { codes, diagnose, runDoctor, writeProject } from './projects.ts';

const start = (command: string, more: object = {}): Record<string, string> => ({
  'package.json': JSON.stringify({ name: 'program', scripts: { start: command }, ...more }),
});
const register = 'node --require @sonde/otel/register app.cjs';
const plain = { ...start(register), 'app.cjs': "require('node:http');" };
const express = "const express = require('express');\nexpress();\n";
const upstream = "const { NodeSDK } = require('@opentelemetry/sdk-node');\nnew NodeSDK().start();\n";

interface Broken {
  readonly code: string;
  readonly files?: Record<string, string>;
  readonly env?: Record<string, string>;
  /** The files after the fix; those of before if it changes none. */
  readonly fixedFiles?: Record<string, string>;
  /** The variables after the fix; those of before if it changes none. */
  readonly fixedEnv?: Record<string, string>;
}

const pkg = (
  name: string,
  version: string,
  files: Record<string, string> = {},
  folder = '',
): Record<string, string> => ({
  [`${folder}node_modules/${name}/package.json`]: JSON.stringify({ name, version, main: 'index.js' }),
  [`${folder}node_modules/${name}/index.js`]: 'module.exports = {};',
  ...Object.fromEntries(
    Object.entries(files).map(([file, text]) => [`${folder}node_modules/${name}/${file}`, text]),
  ),
});

const variable = (code: string, env: Record<string, string>): Broken => ({ code, env, fixedEnv: {} });

const broken: readonly Broken[] = [
  variable('SONDE_DISABLED', { OTEL_SDK_DISABLED: 'true' }),
  variable('SONDE_EXPORTER_NONE', { OTEL_LOGS_EXPORTER: 'none' }),
  variable('SONDE_SAMPLER_OFF', { OTEL_TRACES_SAMPLER: 'always_off' }),
  variable('SONDE_SAMPLER_OFF', { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' }),
  variable('SONDE_SAMPLER_UNKNOWN', { OTEL_TRACES_SAMPLER: 'alwayson' }),
  variable('SONDE_ENVIRONMENT_INVALID', { OTEL_METRICS_EXPORTER: 'promtheus' }),
  {
    code: 'SONDE_VARIABLE_MISSPELLED',
    env: { OTEL_SERVICE_NAMES: 'x' },
    fixedEnv: { OTEL_SERVICE_NAME: 'x' },
  },
  {
    code: 'SONDE_VARIABLE_DEAD',
    env: { OTEL_TRACE_EXPORTER: 'otlp' },
    fixedEnv: { OTEL_TRACES_EXPORTER: 'otlp' },
  },
  {
    code: 'SONDE_HEADERS_INVALID',
    env: { OTEL_EXPORTER_OTLP_HEADERS: 'authorization: Bearer x' },
    fixedEnv: { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20x' },
  },
  variable('SONDE_CONFIG_FILE_MISSING', { OTEL_CONFIG_FILE: 'missing.yaml' }),
  {
    code: 'SONDE_CONFIG_FILE_WINS',
    files: { ...plain, 'otel.yaml': 'file_format: "1.0"' },
    env: { OTEL_CONFIG_FILE: 'otel.yaml', OTEL_SERVICE_NAME: 'x' },
    fixedEnv: { OTEL_SERVICE_NAME: 'x' },
  },
  variable('SONDE_RESOURCE_INVALID', { OTEL_RESOURCE_ATTRIBUTES: 'foo' }),
  variable('SONDE_DELTA_PROMETHEUS', {
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'RECEIVER/api/v1/otlp/v1/metrics',
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta',
  }),
  variable('SONDE_PROMETHEUS_LOOPBACK', {
    KUBERNETES_SERVICE_HOST: '10.0.0.1',
    OTEL_EXPORTER_PROMETHEUS_HOST: 'localhost',
  }),
  {
    code: 'SONDE_COPIES',
    files: {
      ...start(register, { dependencies: { helper: '1.0.0' } }),
      'app.cjs': '',
      ...pkg('helper', '1.0.0'),
      ...pkg('@opentelemetry/api', '1.8.0', {}, 'node_modules/helper/'),
    },
    fixedFiles: {
      ...start(register, { dependencies: { helper: '1.0.0' } }),
      'app.cjs': '',
      ...pkg('helper', '1.0.0'),
    },
  },
  {
    code: 'SONDE_VERSION_UNSUPPORTED',
    files: {
      ...start(register, { dependencies: { pg: '9.0.0' } }),
      'app.cjs': '',
      ...pkg('pg', '9.0.0'),
      ...pkg('@opentelemetry/instrumentation-pg', '0.70.0', {
        'build/src/instrumentation.js':
          "const SUPPORTED_PG = ['>=8.0.3 <9'];\nnew InstrumentationNodeModuleDefinition('pg', SUPPORTED_PG, x);",
      }),
    },
    fixedFiles: {
      ...start(register, { dependencies: { pg: '9.0.0' } }),
      'app.cjs': '',
      ...pkg('pg', '9.0.0'),
      ...pkg('@opentelemetry/instrumentation-pg', '0.71.0', {
        'build/src/instrumentation.js': "new InstrumentationNodeModuleDefinition('pg', ['>=8.0.3 <10'], x);",
      }),
    },
  },
  {
    code: 'SONDE_NOT_INSTRUMENTED',
    files: { ...start(register, { dependencies: { pg: '8.0.3' } }), 'app.cjs': '', ...pkg('pg', '8.0.3') },
    fixedFiles: {
      ...start(register, { dependencies: { pg: '8.0.3' } }),
      'app.cjs': '',
      ...pkg('pg', '8.0.3'),
      ...pkg('@opentelemetry/instrumentation-pg', '0.70.0'),
    },
  },
  {
    code: 'SONDE_INSTRUMENTATION_OFF',
    files: { ...start(register, { dependencies: { express: '*' } }), 'app.cjs': express },
    env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'express' },
    fixedEnv: {},
  },
  {
    code: 'SONDE_OTHER_SDK',
    files: { ...start(register), 'app.cjs': upstream },
    fixedFiles: { ...start(register), 'app.cjs': '' },
  },
  {
    code: 'SONDE_SDK_MIXED',
    files: {
      ...start(register, {
        dependencies: { '@opentelemetry/sdk-trace-base': '*', '@opentelemetry/sdk-trace': '*' },
      }),
      'app.cjs': '',
      ...pkg('@opentelemetry/sdk-trace-base', '2.2.0'),
    },
    fixedFiles: { ...start(register, { dependencies: { '@opentelemetry/sdk-trace': '*' } }), 'app.cjs': '' },
  },
  {
    code: 'SONDE_NO_SETUP',
    files: { ...start('node app.cjs'), 'app.cjs': express },
    fixedFiles: { ...start(register), 'app.cjs': express },
  },
  {
    code: 'SONDE_PRELOAD_MISSING',
    files: { ...start('node --require ./instrument.cjs app.cjs'), 'app.cjs': express },
    fixedFiles: { ...start(register), 'app.cjs': express },
  },
  {
    code: 'SONDE_SETUP_LATE',
    files: {
      ...start('node app.cjs'),
      'app.cjs': "const express = require('express');\nrequire('./instrument.cjs');\nexpress();",
      'instrument.cjs': "require('@sonde/otel').start();",
    },
    fixedFiles: {
      ...start('node --require ./instrument.cjs app.cjs'),
      'app.cjs': express,
      'instrument.cjs': "require('@sonde/otel').start();",
    },
  },
  {
    code: 'SONDE_SETUP_IMPORTED',
    files: {
      ...start('node app.mjs'),
      'app.mjs': "import './instrument.mjs';\nimport express from 'express';\nexpress();",
      'instrument.mjs': "import { start } from '@sonde/otel';\nstart();",
    },
    fixedFiles: {
      ...start('node --import ./instrument.mjs app.mjs'),
      'app.mjs': "import express from 'express';\nexpress();",
      'instrument.mjs': "import { start } from '@sonde/otel';\nstart();",
    },
  },
  {
    code: 'SONDE_ESM_UNHOOKED',
    files: {
      ...start('node --require ./tracing.cjs app.mjs'),
      'app.mjs': "import express from 'express';\nexpress();",
      'tracing.cjs': upstream,
    },
    fixedFiles: {
      ...start(
        'node --experimental-loader=@opentelemetry/instrumentation/hook.mjs --require ./tracing.cjs app.mjs',
      ),
      'app.mjs': "import express from 'express';\nexpress();",
      'tracing.cjs': upstream,
    },
  },
  {
    code: 'SONDE_BUNDLED',
    files: {
      ...start('node --require @sonde/otel/register out.cjs', { dependencies: { express: '*' } }),
      'out.cjs': 'var __commonJS = (cb) => cb;\n// node_modules/express/lib/express.js\n',
    },
    fixedFiles: {
      ...start('node --require @sonde/otel/register out.cjs', { dependencies: { express: '*' } }),
      'out.cjs': express,
    },
  },
  {
    code: 'SONDE_STARTED_TWICE',
    files: {
      ...start(register),
      'app.cjs': "require('./instrument.cjs');",
      'instrument.cjs': "require('@sonde/otel').start();",
    },
    fixedFiles: { ...start(register), 'app.cjs': '' },
  },
  {
    code: 'SONDE_NEXT_HOOK',
    files: start('next start'),
    env: {},
    fixedEnv: { NODE_OPTIONS: '--require @sonde/otel/register' },
  },
];

const healthy: Readonly<Record<string, Record<string, string>>> = {
  'CommonJS with register': { ...start(register), 'app.cjs': express },
  'CommonJS with a file of its own': {
    ...start('node -r ./instrument.cjs app.cjs'),
    'app.cjs': express,
    'instrument.cjs': "require('@sonde/otel').start();",
  },
  'ES modules with register': {
    ...start('node --import @sonde/otel/register app.mjs'),
    'app.mjs': "import express from 'express';",
  },
  'ES modules with --require': {
    ...start('node --require @sonde/otel/register app.mjs'),
    'app.mjs': "import fastify from 'fastify';",
  },
  'TypeScript of Node.js': {
    ...start('node --require @sonde/otel/register app.ts', { type: 'module' }),
    'app.ts': "import type { A } from 'pg';\nimport { Hono } from 'hono';",
  },
  'a set-up that is required first': {
    ...start('node app.cjs'),
    'app.cjs': "require('./instrument.cjs');\nconst express = require('express');",
    'instrument.cjs': "require('@sonde/otel').start();",
  },
  'a dynamic import after the set-up': {
    ...start('node main.mjs'),
    'main.mjs': "import './instrument.mjs';\nawait import('./app.mjs');",
    'instrument.mjs': "import { start } from '@sonde/otel';\nstart();",
    'app.mjs': 'export {};',
  },
  'an instrumentation with a range of a major version': {
    ...start(register, { dependencies: { pg: '8.16.0' } }),
    'app.cjs': '',
    ...pkg('pg', '8.16.0'),
    ...pkg('@opentelemetry/instrumentation-pg', '0.70.0', {
      'build/src/instrumentation.js': "new InstrumentationNodeModuleDefinition('pg', ['8.x'], x);",
    }),
  },
  Koa: { ...start(register), 'app.cjs': "require('koa');" },
  'pino and winston': {
    ...start(register, { dependencies: { pino: '*', winston: '*' } }),
    'app.cjs': "require('pino'); require('winston');",
  },
  'NodeSDK as a preload': {
    ...start('node --require ./tracing.cjs app.cjs'),
    'app.cjs': express,
    'tracing.cjs': upstream,
  },
};

/** A receiver of OTLP for the probe. */
const receiver = createServer((_request, response) =>
  response.setHeader('content-type', 'application/x-protobuf').end(),
);

test('the doctor knows the variables and the libraries of the SDK', () => {
  const variables = listSettings(settings).flatMap(([, { env }]) => env);
  const unknown = variables.filter((name) => name.startsWith('OTEL_') && !knownVariables.has(name));
  assert.deepEqual(unknown, []);
  for (const { packageName, since } of channelLibraries) {
    assert.equal(channelVersions.get(packageName), since, packageName);
  }
});

suite('the static doctor', { concurrency: 3 }, () => {
  let endpoint = '';
  before(async () => {
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  });
  after(() => receiver.close());
  const complete = (env: Record<string, string> = {}): Record<string, string> => {
    const isWithFile = env['OTEL_CONFIG_FILE'] === 'otel.yaml';
    const values = Object.entries(env).map(([name, value]) => [name, value.replace('RECEIVER', endpoint)]);
    return isWithFile ? env : { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...Object.fromEntries(values) };
  };

  for (const { code, files = plain, env, fixedFiles, fixedEnv } of broken) {
    test(`${code} is named, and nothing is left after its fix`, async (t) => {
      const faulty = await diagnose(t, { name: code, files, env: complete(env) });
      assert.deepEqual(codes(faulty), [code], JSON.stringify(faulty.findings, null, 1));
      const [finding] = faulty.findings;
      assert.ok(finding !== undefined && finding.proof.length > 0 && finding.fix !== '');
      const fixed = await diagnose(t, {
        name: code,
        files: fixedFiles ?? files,
        env: complete(fixedEnv ?? env),
      });
      assert.deepEqual(fixed.findings, []);
    });
  }

  for (const [name, files] of Object.entries(healthy)) {
    test(`${name}: nothing is reported`, async (t) => {
      const { findings, verdict } = await diagnose(t, { name, files, env: complete() });
      assert.deepEqual(findings, []);
      assert.equal(verdict, 'fine');
    });
  }

  test('secrets of endpoints and headers are not in the report', async (t) => {
    const [first, second] = await Promise.all([
      diagnose(t, {
        name: 'secrets',
        files: plain,
        env: {
          OTEL_EXPORTER_OTLP_ENDPOINT: endpoint.replace('//', '//user:s3cret-1@'),
          OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://user:s3cret-2@127.0.0.1:${await freePort()}/v1/traces?key=s3cret-3`,
          OTEL_EXPORTER_OTLP_HEADERS: 's3cret-4',
        },
      }),
      diagnose(t, {
        name: 'secrets',
        files: plain,
        env: complete({ OTEL_EXPORTER_OTLP_HEADERS: 'authorization: Bearer s3cret-5' }),
      }),
    ]);
    const report = JSON.stringify([first, second]);
    assert.match(report, /http:\/\/\*{3}@127\.0\.0\.1:\d+\/v1\/traces\?\*{3}/);
    assert.deepEqual(codes(second), ['SONDE_HEADERS_INVALID']);
    assert.doesNotMatch(report, /s3cret/);
  });

  test('the temporality of OTLP is no fault of a Prometheus endpoint', async (t) => {
    const env = {
      OTEL_METRICS_EXPORTER: 'prometheus',
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta',
    };
    assert.deepEqual(codes(await diagnose(t, { name: 'temporality', files: plain, env: complete(env) })), []);
  });

  test('the fix for copies names the newest version', async (t) => {
    const files = {
      ...start(register, { dependencies: { helper: '1.0.0' } }),
      'app.cjs': '',
      ...pkg('helper', '1.0.0'),
      ...pkg('@opentelemetry/api', '1.9.0', {}, 'node_modules/helper/'),
    };
    const { findings } = await diagnose(t, { name: 'copies', files, env: complete() });
    assert.match(findings[0]?.fix ?? '', /^npm install @opentelemetry\/api@1\.10\./);
  });

  test('the text fits 80 columns, and the exit code follows the verdict', async (t) => {
    const directory = await writeProject(t, { ...start('node app.cjs'), 'app.cjs': express });
    const { code, stdout } = await runDoctor(directory);
    assert.equal(code, 2);
    assert.match(stdout, /^traces no, metrics no, logs no: nothing starts telemetry$/m);
    assert.match(stdout, /fix {4}node --require @sonde\/otel\/register app\.cjs/);
    assert.deepEqual(
      stdout.split('\n').filter((line) => line.length > 80),
      [],
    );
    assert.ok(!stdout.includes('\u001b'));
  });

  test('codes are listed and explained; a wrong command line ends with exit code 3', async (t) => {
    const directory = await writeProject(t, {});
    const [list, explained, wrong, empty] = await Promise.all([
      runDoctor(directory, ['--list']),
      runDoctor(directory, ['--explain', 'sonde_setup_late']),
      runDoctor(directory, ['--jsn']),
      runDoctor(directory),
    ]);
    assert.match(list.stdout, /SONDE_SETUP_LATE/);
    assert.match(explained.stdout, /^SONDE_SETUP_LATE: /);
    assert.equal(wrong.code, 3);
    assert.match(wrong.stderr, /did you mean --json\?/);
    assert.equal(empty.code, 3);
  });
});
