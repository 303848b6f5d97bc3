import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { nodeBinary } from '../support/node-versions.ts';
import { sideBySide } from './support/side-by-side.ts';

/** Requests and responses that adapters of serverless platforms and test tools hand to a server. */
const app = `
  const { EventEmitter } = require('node:events');
  const { createServer, IncomingMessage, ServerResponse } = require('node:http');
  const https = require('node:https');
  const { Socket } = require('node:net');
  const { PassThrough } = require('node:stream');
  const { setImmediate: turn } = require('node:timers/promises');
  process.on('uncaughtException', (error) => console.log('   later:', error.message));

  const message = (socket, more) => Object.assign(new IncomingMessage(socket), { method: 'GET', url: '/' }, more);
  const hostile = (what) => new Proxy({}, { get() { throw new Error(what); }, has() { throw new Error(what); } });
  const revoked = () => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; };
  const requests = {
    plain: () => ({ method: 'GET', url: '/', headers: {} }),
    empty: () => ({}),
    'without prototype': () => Object.create(null),
    nothing: () => undefined,
    null: () => null,
    text: () => 'GET /',
    'null socket': () => message(null),
    'undefined socket': () => message(undefined),
    'real socket': () => message(new Socket()),
    'stream as socket': () => message(new PassThrough()),
    'socket of an adapter': () => message({ encrypted: true, readable: false, remoteAddress: '192.0.2.1', end() {}, destroy() {} }),
    'null parser': () => message(Object.assign(new Socket(), { parser: null, server: null })),
    'socket getter throws': () => Object.defineProperty(message(null), 'socket', { get() { throw new Error('no socket'); } }),
    'parser getter throws': () => message(Object.defineProperty(new Socket(), 'parser', { get() { throw new Error('no parser'); } })),
    'no headers': () => Object.defineProperty(message(null), 'headers', { value: undefined }),
    'odd headers': () => Object.defineProperty(message(null), 'headers', { value: { host: 5, forwarded: [], 'x-forwarded-for': {}, traceparent: [1], 'user-agent': Symbol('a') } }),
    'headers getter throws': () => Object.defineProperty(message(null), 'headers', { get() { throw new Error('no headers'); } }),
    'url no text': () => message(null, { url: 7 }),
    'url undefined': () => message(null, { url: undefined }),
    'method no text': () => message(null, { method: Symbol('GET') }),
    'method undefined': () => message(null, { method: undefined }),
    frozen: () => Object.freeze(message(null)),
    emitter: () => Object.assign(new EventEmitter(), { method: 'GET', url: '/', headers: {} }),
    proxy: () => new Proxy(message(null), {}),
    hostile: () => hostile('request'),
    revoked,
  };
  const responses = {
    plain: () => ({ end() {} }),
    empty: () => ({}),
    nothing: () => undefined,
    emitter: () => new EventEmitter(),
    real: () => new ServerResponse({ method: 'GET', httpVersionMajor: 1, httpVersionMinor: 1 }),
    stream: () => new PassThrough(),
    frozen: () => Object.freeze(new EventEmitter()),
    'getters throw': () => Object.defineProperties(new EventEmitter(), {
      writableFinished: { get() { throw new Error('no end'); } },
      statusCode: { get() { throw new Error('no status'); } },
      errored: { get() { throw new Error('no error'); } },
    }),
    hostile: () => hostile('response'),
    revoked,
  };
  const listener = (request, response) => {
    const step = (name, act) => { try { act(); } catch (error) { console.log('  ', name, error.name, error.code, error.message); } };
    for (const each of [request, response]) {
      step('on', () => each.on('close', () => console.log('   close')));
      step('once', () => each.once('finish', () => console.log('   finish')));
      step('prepend', () => each.prependListener('custom', (value) => console.log('   custom', value)));
      step('emit', () => console.log('   emit', each.emit('custom', 1)));
    }
    step('end', () => response.end('body'));
    step('emit close', () => response.emit('close'));
    step('emit error', () => response.emit('error', new Error('late')));
    if (request?.url === '/throw') throw new Error('by the listener');
  };
  (async () => {
    for (const [kind, server] of Object.entries({ http: createServer(listener), https: https.createServer(listener) })) {
      for (const [asked, makeRequest] of Object.entries(requests)) {
        for (const [answered, makeResponse] of Object.entries(responses)) {
          console.log(kind, asked, '/', answered);
          try {
            const [request, response] = [makeRequest(), makeResponse()];
            console.log('  listened to:', server.emit('request', request, response));
            console.log('  again:', server.emit('request', request, response));
          } catch (error) {
            console.log('  ', error.name, error.code, error.message);
          }
          await turn();
        }
      }
      for (const args of [[], [message(null)], [message(null), new EventEmitter(), 'more']]) {
        try {
          console.log(args.length, server.emit('request', ...args));
        } catch (error) {
          console.log(error.name, error.message);
        }
      }
      try {
        server.emit('request', message(null, { url: '/throw' }), new PassThrough());
      } catch (error) {
        console.log(error.message);
      }
    }
    console.log('done');
  })();
`;

const exporters = { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none', SONDE_LOG_LEVEL: 'info' };
// No listener: spans are created and dropped at exit.
const traced = {
  ...exporters,
  OTEL_TRACES_EXPORTER: 'otlp',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
};
const configurations: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  sampled: traced,
  unsampled: { ...traced, OTEL_TRACES_SAMPLER: 'always_off' },
  'half of them sampled': {
    ...traced,
    OTEL_TRACES_SAMPLER: 'traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.5',
  },
  'an ignored path': { ...traced, SONDE_IGNORE_PATHS: '/' },
  'traces off': { ...exporters, OTEL_TRACES_EXPORTER: 'none' },
};

for (const version of ['22', '24', '26']) {
  suite(`requests without a connection on Node.js ${version}`, { timeout: 240_000 }, () => {
    for (const [name, sondeEnv] of Object.entries(configurations)) {
      test(name, async (t) => {
        const node = process.version.startsWith(`v${version}.`)
          ? process.execPath
          : await nodeBinary(version === '26' ? '26.10.0' : version);
        const { bare, sonde } = await sideBySide(t, { files: { 'app.cjs': app }, node, sondeEnv });
        assert.match(bare.stdout, /^done$/m);
        // By line, so that the assertion shows the difference.
        assert.deepEqual(sonde.stdout.split('\n'), bare.stdout.split('\n'));
        assert.deepEqual(sonde.ending, bare.ending);
      });
    }
  });
}
