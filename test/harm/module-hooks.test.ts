import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { OtlpSink } from '../support/otlp-sink.ts';
import { Program } from '../support/program.ts';
import { application } from '../zero-code/support/applications.ts';
import { nodeUnderTest, versionsUnderTest } from '../zero-code/support/node-under-test.ts';
import { sideBySide } from './support/side-by-side.ts';

const timeout = 120_000;

/** Application that uses a package and a built-in module in both module systems. */
const app = `
  const { createServer, get } = require('node:http');
  const library = require('library');
  const server = createServer((request, response) => response.end(library.greet()));
  server.listen(0, '127.0.0.1', () => {
    get({ host: '127.0.0.1', port: server.address().port }, async (response) => {
      for await (const chunk of response) console.log(String(chunk));
      console.log((await import('library')).greet(), (await import('./module.mjs')).default);
      server.close();
    });
  });
`;
const files = {
  'app.cjs': app,
  'module.mjs': `import { greet } from 'library'; export default greet();`,
  'node_modules/library/package.json': '{ "name": "library", "version": "1.0.0" }',
  'node_modules/library/index.js': `exports.greet = () => 'hello';`,
};

/** Source of an instrumentation; `Base` and `Definition` are upstream's classes. */
const head = `
  const {
    InstrumentationBase: Base, InstrumentationNodeModuleDefinition: Definition, InstrumentationNodeModuleFile: File,
  } = require('@opentelemetry/instrumentation');
  const boom = () => { throw new Error('boom'); };
  const define = (name = 'library', patch = (exports) => exports, files = []) =>
    new Definition(name, ['*'], patch, undefined, files);
  const make = (members) => {
    class Broken extends Base {
      constructor(config) { super('@opentelemetry/instrumentation-broken', '1.0.0', config); }
      init() { return define(); }
    }
    Object.defineProperties(Broken.prototype, Object.getOwnPropertyDescriptors(members));
    exports.Broken = Broken;
  };
`;

const instrumentations: Readonly<Record<string, string>> = {
  'its package throws': `throw new Error('boom')`,
  'its package throws nothing': `throw undefined`,
  'its package exports nothing': `module.exports = null`,
  'its constructor throws': `exports.Broken = class extends Base { constructor() { throw new Error('boom'); } init() {} }`,
  'init throws': `make({ init: boom })`,
  'init gives something else': `make({ init: () => [{}, { name: 5, files: [] }] })`,
  'enable throws': `make({ enable: boom })`,
  'enable throws the second time': `let times = 0;
    make({ enable() { if (times++ > 0) boom(); }, getConfig: () => ({ enabled: false }) })`,
  'setTracerProvider throws': `make({ setTracerProvider: boom })`,
  'setMeterProvider throws': `make({ setMeterProvider: boom })`,
  'setLoggerProvider throws': `make({ setLoggerProvider: boom })`,
  'getConfig throws': `make({ getConfig: boom })`,
  'its name throws': `make({ init() {
    Object.defineProperty(this, 'instrumentationName', { get: boom });
    return define();
  } })`,
  'a patch throws': `make({ init: () => define('library', boom) })`,
  'a patch throws a hostile value': `make({ init: () => define('library', () => {
    throw new Proxy({}, { get: boom, getPrototypeOf: boom });
  }) })`,
  'a patch of a file throws': `make({ init: () => define('library', undefined, [
    new File('library/index.js', ['*'], boom, () => {}),
  ]) })`,
  'a patch of a built-in module throws': `make({ init: () => define('http', boom) })`,
  'its definitions are frozen': `make({ init: () => Object.freeze(define()) })`,
  'its versions are not ranges': `make({ init: () => new Definition('library', [{}, 5, undefined]) })`,
  'its require callback throws': `make({ _onRequire: boom })`,
  'an absolute path': `make({ init: () => define(require('node:path').resolve('module.mjs')) })`,
  'an absolute path that is not there': `make({ init: () => define('/nowhere/handler.js') })`,
  'a relative path': `make({ init: () => define('./module.mjs') })`,
  'an unknown built-in module': `make({ init: () => define('node:nowhere') })`,
  'an address': `make({ init: () => define('https://example.com/module.mjs') })`,
  'an empty name': `make({ init: () => define('') })`,
  'odd characters': `make({ init: () => define('li\\0b%zz(') })`,
};

suite('a failing instrumentation', { timeout: 4 * timeout }, () => {
  for (const [name, source] of Object.entries(instrumentations)) {
    test(name, async (t) => {
      const place = 'node_modules/@opentelemetry/instrumentation-broken';
      const { bare, sonde } = await sideBySide(t, {
        files: {
          ...files,
          'package.json': `{ "name": "app", "dependencies": { "@opentelemetry/instrumentation-broken": "1.0.0" } }`,
          [`${place}/package.json`]: `{ "name": "@opentelemetry/instrumentation-broken", "version": "1.0.0" }`,
          [`${place}/index.js`]: `${head}\n${source};`,
        },
      });
      assert.equal(bare.stdout, 'hello\nhello hello\n');
      assert.equal(sonde.stdout, bare.stdout, sonde.stderr);
      assert.deepEqual(sonde.ending, bare.ending);
      for (const line of sonde.stderr.split('\n')) {
        const same = sonde.stderr.split('\n').filter((each) => each === line);
        assert.ok(line === '' || same.length === 1, `reported once: ${line}`);
      }
    });
  }
});

/** Simulates module hooks of Node.js that an earlier module removed or broke. */
const brokenHooks: Readonly<Record<string, string>> = {
  'registerHooks throws': `require('node:module').registerHooks = () => { throw new Error('boom'); };`,
  'registerHooks is absent': `require('node:module').registerHooks = undefined;`,
  'both are absent': `Object.assign(require('node:module'), { registerHooks: undefined, register: undefined });`,
  'another hook gives odd results': `require('node:module').registerHooks({
    resolve: (specifier, context, next) => ({ ...next(specifier, context) }),
    load: (url, context, next) => next(url, context),
  });`,
  'import-in-the-middle cannot be loaded': `
    const Module = require('node:module');
    const { _resolveFilename } = Module;
    Module._resolveFilename = function (name, ...rest) {
      if (name.startsWith('import-in-the-middle/register')) throw new Error('boom');
      return _resolveFilename.call(this, name, ...rest);
    };`,
};

suite('a failing module hook', { timeout }, () => {
  for (const [name, source] of Object.entries(brokenHooks)) {
    test(name, async (t) => {
      const place = 'node_modules/@opentelemetry/instrumentation-working';
      const { bare, sonde } = await sideBySide(t, {
        files: {
          ...files,
          'before.cjs': source,
          'package.json': `{ "name": "app", "dependencies": { "@opentelemetry/instrumentation-working": "1.0.0" } }`,
          [`${place}/package.json`]: `{ "name": "@opentelemetry/instrumentation-working", "version": "1.0.0" }`,
          [`${place}/index.js`]: `${head}\nmake({});`,
        },
        nodeArgs: ['--require', './before.cjs'],
      });
      assert.equal(bare.stdout, 'hello\nhello hello\n');
      assert.equal(sonde.stdout, bare.stdout, sonde.stderr);
      assert.deepEqual(sonde.ending, bare.ending);
    });
  }
});

/** Simulates the AWS Lambda runtime: loads the handler by absolute path, calls it, and freezes. */
const runtime = `
  const { join } = require('node:path');
  const { pathToFileURL } = require('node:url');
  (async () => {
    const path = join(process.env.LAMBDA_TASK_ROOT, process.env.HANDLER_FILE);
    const { handler } = path.endsWith('.mjs') ? await import(pathToFileURL(path).href) : require(path);
    const context = { functionName: 'f', invokedFunctionArn: 'arn:aws:lambda:eu-west-1:1:function:f', awsRequestId: 'r' };
    console.log(JSON.stringify(await handler({}, context)));
    setInterval(() => {}, 60_000);
  })();
`;
const handlers: Readonly<Record<string, string>> = {
  'handler.js': `const { getLogger } = require('@sonde/otel');
    exports.handler = async () => { getLogger('f').info('handled'); return { statusCode: 200 }; };`,
  'handler.cjs': `const { getLogger } = require('@sonde/otel');
    exports.handler = async () => { getLogger('f').info('handled'); return { statusCode: 200 }; };`,
  'handler.mjs': `import { getLogger } from '@sonde/otel';
    export const handler = async () => { getLogger('f').info('handled'); return { statusCode: 200 }; };`,
};

suite('AWS Lambda', { timeout: 8 * timeout }, () => {
  for (const version of versionsUnderTest) {
    for (const [file, source] of Object.entries(handlers)) {
      test(`${file}, on Node ${version}`, { timeout }, async (t) => {
        const node = await nodeUnderTest(t, version);
        if (node === undefined) return;
        await using sink = await OtlpSink.start();
        const cwd = await application(t, ['@opentelemetry/auto-instrumentations-node'], {
          'runtime.cjs': runtime,
          [file]: source,
        });
        await using program = new Program(node, ['--require', '@sonde/otel/register', 'runtime.cjs'], {
          cwd,
          env: {
            NODE_OPTIONS: undefined,
            OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
            OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'aws-lambda',
            LAMBDA_TASK_ROOT: cwd,
            HANDLER_FILE: file,
            _HANDLER: 'handler.handler',
            AWS_LAMBDA_FUNCTION_NAME: 'f',
          },
        });
        await program.printed('{"statusCode":200}');
        const span = sink.spans.find(({ name }) => name === 'f');
        assert.ok(span, `the span is there before the handler has returned: ${program.output}`);
        const record = sink.logs.find(({ name }) => name === 'handled');
        assert.ok(record, 'the log record too');
        assert.deepEqual([record.traceId, record.spanId], [span.traceId, span.spanId]);
        program.kill('SIGKILL');
        assert.deepEqual(await program.ended, { code: null, signal: 'SIGKILL' });
      });
    }
  }
});
