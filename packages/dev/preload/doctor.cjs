'use strict';
// Loaded first in every Node program under `sonde doctor`: counts what it makes and exports, and writes that to a file at exit.
const { subscribe } = require('node:diagnostics_channel');
const { mkdirSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { threadId } = require('node:worker_threads');

const directory = process.env.SONDE_DOCTOR_DIRECTORY;
const apiKey = Symbol.for('opentelemetry.js.api.1');
const maxExports = 1000;

const made = { spans: 0, logs: 0, points: 0 };
const exported = [];
let unsampledParents = 0;
let port;

/** Runs a function whose faults the program must not notice. */
const guarded =
  (run) =>
  (...args) => {
    try {
      return run(...args);
    } catch {
      return undefined;
    }
  };

/** Lets `after` see what a method returns. */
function watch(object, name, after) {
  const method = object?.[name];
  if (typeof method !== 'function' || method.isWatched) return;
  const watched = function (...args) {
    const result = method.apply(this, args);
    guarded(after)(result, args);
    return result;
  };
  watched.isWatched = true;
  guarded(() => {
    object[name] = watched;
  })();
}

const watchTracer = (tracer) =>
  watch(tracer, 'startSpan', (span) => {
    if (span.isRecording()) watch(span, 'end', () => (made.spans += 1));
  });
const watchLogger = (logger) => watch(logger, 'emit', () => (made.logs += 1));
const watchMeter = (meter) => {
  for (const name of ['createCounter', 'createUpDownCounter', 'createHistogram', 'createGauge'])
    watch(meter, name, (instrument) => {
      watch(instrument, 'add', () => (made.points += 1));
      watch(instrument, 'record', () => (made.points += 1));
    });
};
const watchers = {
  trace: ['getTracer', watchTracer],
  logs: ['getLogger', watchLogger],
  metrics: ['getMeter', watchMeter],
};

function watchProvider(slot, provider) {
  const [method, after] = watchers[slot];
  watch(provider, method, after);
  // A proxy provider gets its real one after its registration.
  const setDelegate = provider?.setDelegate;
  if (typeof setDelegate === 'function') {
    provider.setDelegate = function (delegate) {
      watchProvider(slot, delegate);
      return setDelegate.call(this, delegate);
    };
  }
}

/** The API creates its global when the first provider is registered. */
function watchApi(api) {
  for (const slot of Object.keys(watchers)) {
    let value = api[slot];
    if (value !== undefined) guarded(watchProvider)(slot, value);
    Object.defineProperty(api, slot, {
      get: () => value,
      set: (provider) => {
        value = provider;
        if (provider !== undefined) guarded(watchProvider)(slot, provider);
      },
      enumerable: true,
      configurable: true,
    });
  }
}

function watchGlobal() {
  let api;
  Object.defineProperty(globalThis, apiKey, {
    get: () => api,
    set: (value) => {
      if (value !== api && value !== undefined) guarded(watchApi)(value);
      api = value;
    },
    enumerable: false,
    configurable: true,
  });
}

const isExport = ({ method, path: target }) =>
  method === 'POST' && /\/v1\/(?:traces|metrics|logs)\b/.test(target ?? '');
const note = (request, status, error) => {
  if (!isExport(request) || exported.length >= maxExports) return;
  exported.push({
    url: `${request.protocol}//${request.getHeader('host') ?? request.host}${request.path}`,
    status,
    error,
  });
};

function watchHttp() {
  subscribe(
    'http.client.response.finish',
    guarded(({ request, response }) => note(request, response.statusCode, '')),
  );
  subscribe(
    'http.client.request.error',
    guarded(({ request, error }) => note(request, 0, error.code ?? error.message)),
  );
  subscribe(
    'http.server.request.start',
    guarded(({ request }) => {
      if (/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f][02468ace]/.test(request.headers.traceparent ?? ''))
        unsampledParents += 1;
    }),
  );
  const listening = guarded(({ server }) => {
    const { Server } = require('node:http');
    const address = server?.address?.();
    const isPage = address?.port === Number(process.env.OTEL_EXPORTER_PROMETHEUS_PORT ?? 9464);
    if (port !== undefined || !(server instanceof Server || 'requestTimeout' in server) || isPage) return;
    port = address?.port;
    require('./post.cjs').post('processes', { pid: process.pid, port });
  });
  subscribe('tracing:net.server.listen:asyncEnd', listening);
}

function report() {
  const program = path.basename(process.argv[1] ?? 'node');
  const api = globalThis[apiKey] ?? {};
  mkdirSync(directory, { recursive: true });
  const content = {
    name: threadId === 0 ? `${program} (process ${process.pid})` : `worker thread ${threadId} of ${program}`,
    providers: Object.keys(watchers).filter((slot) => api[slot] !== undefined),
    made,
    exports: exported,
    unsampledParents,
  };
  writeFileSync(path.join(directory, `${process.pid}-${threadId}.json`), JSON.stringify(content));
}

if (directory !== undefined) {
  guarded(watchGlobal)();
  guarded(watchHttp)();
  process.on('exit', guarded(report));
}
