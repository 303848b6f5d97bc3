import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { type Json, TestViewer } from '../../packages/dev/src/testing/viewer.ts';
import { buildCollector, collectorPlaces } from '../support/collector.ts';
import { needs } from '../support/needs.ts';
import { Program } from '../support/program.ts';
import { findProgram } from '../support/run.ts';
import { buildGoSender, installPythonSdk } from './senders.ts';

const timeout = 600_000;
const requests = 500;

interface Place {
  readonly endpoint: string;
  readonly protocol: string;
}

/** Runs a sender to its end, with nothing set but its endpoint and its protocol. */
async function send(command: string, args: readonly string[], { endpoint, protocol }: Place): Promise<void> {
  await using program = new Program(command, args, {
    cwd: import.meta.dirname,
    env: {
      NODE_OPTIONS: '--conditions=@sonde/source',
      OTEL_SERVICE_NAME: 'sender',
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_LOGS_EXPORTER: 'otlp',
      OTEL_METRICS_EXPORTER: 'otlp',
    },
  });
  assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
  assert.doesNotMatch(program.output, /error|failed/i);
}

/** The attributes of an exported item, integers as numbers. */
function getAttributes(item: Json): Record<string, unknown> {
  const read = ({ stringValue, intValue, doubleValue, boolValue, arrayValue }: Json): unknown =>
    stringValue ??
    (intValue === undefined ? undefined : Number(intValue)) ??
    doubleValue ??
    boolValue ??
    arrayValue.values.map(read);
  return Object.fromEntries(item.attributes.map(({ key, value }: Json) => [key, read(value)]));
}

/** Asserts that the session holds exactly what a sender sends. */
async function check(viewer: TestViewer): Promise<void> {
  await viewer.server.session.store.flush();
  const { store } = await viewer.get('/api/status');
  assert.deepEqual(
    [store.spans, store.requests, store.traces, store.logs],
    [2 * requests, requests, requests, requests],
  );
  assert.deepEqual(store.rejected, { spans: 0, logs: 0, points: 0 });

  const lines: Json[] = (await (await viewer.fetch('/api/export')).text())
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  const spans = lines
    .flatMap(({ resourceSpans }) => resourceSpans ?? [])
    .flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap(({ spans: items }) => items);
  const servers = spans.filter(({ kind }) => kind === 2);
  const byIndex = Map.groupBy(servers, (span) => getAttributes(span)['index']);
  assert.deepEqual(
    [...byIndex.keys()].toSorted((a, b) => Number(a) - Number(b)),
    [...Array(requests).keys()],
  );
  assert.deepEqual(getAttributes(byIndex.get(17)?.[0]), {
    'http.request.method': 'GET',
    'http.route': '/tasks/:id',
    index: 17,
    text: 'ä😀',
    ratio: 0.1,
    yes: true,
    list: ['a', 'b'],
  });
  const clients = new Map(spans.filter(({ kind }) => kind === 3).map((span) => [span.parentSpanId, span]));
  for (const { spanId, traceId, status } of servers) {
    assert.deepEqual([clients.get(spanId)?.name, clients.get(spanId)?.traceId], ['SELECT work', traceId]);
    if (spanId === byIndex.get(requests - 1)?.[0].spanId) {
      assert.deepEqual([status.code, status.message], [2, 'the last one fails']);
    } else assert.ok(!status?.code, JSON.stringify(status));
  }

  const logs = lines
    .flatMap(({ resourceLogs }) => resourceLogs ?? [])
    .flatMap(({ scopeLogs }) => scopeLogs)
    .flatMap(({ logRecords }) => logRecords);
  assert.equal(logs.length, requests);
  for (const log of logs) {
    const index = Number(getAttributes(log)['index']);
    const [server] = byIndex.get(index) ?? [];
    assert.deepEqual(
      [log.body.stringValue, log.severityNumber, log.traceId, log.spanId],
      [`record ${index}`, [9, 13, 17][index % 3], server.traceId, server.spanId],
    );
  }

  const { items } = await viewer.get('/api/metrics', { service: 'sender' });
  const metric = async (name: string): Promise<Json> => {
    const { id } = items.find((item: Json) => item.name === name);
    return viewer.get(`/api/metrics/${id}`, { window: '5m' });
  };
  const jobs = await metric('jobs');
  assert.deepEqual(
    [jobs.unit, jobs.description, jobs.type, jobs.monotonic, jobs.prometheusName],
    ['{job}', 'Jobs done.', 'sum', true, 'jobs_total'],
  );
  assert.deepEqual(
    jobs.series.map(({ attributes, points }: Json) => [attributes, points.at(-1).value]),
    [[{ queue: 'mail' }, 3 * requests]],
  );
  const duration = await metric('duration');
  assert.deepEqual([duration.unit, duration.type], ['s', 'histogram']);
  const points = duration.series.flatMap((series: Json) => series.points);
  const total = (field: string): number => points.reduce((sum: number, point: Json) => sum + point[field], 0);
  assert.deepEqual([total('count'), total('sum')], [requests, 0.25 * requests]);
}

/** The command of a sender; undefined after a skip. */
type FindCommand = (t: TestContext) => Promise<readonly string[] | undefined>;

const node: (sdk: string) => FindCommand = (sdk) => async () => [process.execPath, 'node/sender.mjs', sdk];

/** The result of a tool; undefined, and a skip, when it is missing or fails. */
async function prepared(
  t: TestContext,
  tool: string,
  prepare: (path: string) => Promise<string>,
): Promise<string | undefined> {
  const found = await findProgram(tool);
  const result =
    found === undefined
      ? new Error('it is not installed')
      : await prepare(found).catch((error: Error) => error);
  if (typeof result === 'string') return result;
  needs(t, `${tool}: ${result.message}`);
  return undefined;
}

const python: FindCommand = async (t) => {
  const interpreter = await prepared(t, 'python3', installPythonSdk);
  return interpreter === undefined ? undefined : [interpreter, 'python/sender.py'];
};

const go: FindCommand = async (t) => {
  const sender = await prepared(t, 'go', buildGoSender);
  return sender === undefined ? undefined : [sender];
};

const senders: readonly (readonly [name: string, find: FindCommand, protocols: readonly string[]])[] = [
  ['Sonde', node('sonde'), ['http/protobuf', 'http/json', 'grpc']],
  [`upstream's NodeSDK`, node('node-sdk'), ['http/protobuf', 'http/json', 'grpc']],
  [`Python's SDK`, python, ['http/protobuf', 'grpc']],
  [`Go's SDK`, go, ['http/protobuf', 'grpc']],
];

suite('sonde dev holds exactly what was sent', () => {
  for (const [name, find, protocols] of senders) {
    for (const protocol of protocols) {
      test(`by ${name} over ${protocol}`, { timeout }, async (t) => {
        const sender = await find(t);
        if (sender === undefined) return;
        const [command = '', ...args] = sender;
        await using viewer = await TestViewer.start({ grpcPort: 0 });
        const { grpc } = viewer.server.session.servers;
        const endpoint = protocol === 'grpc' ? `http://localhost:${grpc?.port}` : viewer.otlpUrl;
        await send(command, [...args, protocol], { endpoint, protocol });
        await check(viewer);
      });
    }
  }

  for (const encoding of ['proto', 'json']) {
    test(`by Sonde through a Collector that forwards it as ${encoding}`, { timeout }, async (t) => {
      const binary = await prepared(t, 'go', buildCollector);
      if (binary === undefined) return;
      await using viewer = await TestViewer.start();
      const places = await collectorPlaces(viewer.otlpUrl);
      const pipeline = { receivers: ['otlp'], exporters: ['otlp_http'] };
      const config = {
        receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${places.otlpPort}` } } } },
        exporters: { otlp_http: { endpoint: viewer.otlpUrl, encoding } },
        service: {
          telemetry: { metrics: { level: 'none' } },
          pipelines: { traces: pipeline, logs: pipeline, metrics: pipeline },
        },
      };
      const file = join(places.storage, 'config.yaml');
      await writeFile(file, JSON.stringify(config));
      await using collector = new Program(binary, ['--config', file], { cwd: places.storage });
      await collector.printed('Everything is ready');
      const endpoint = `http://127.0.0.1:${places.otlpPort}`;
      const [command = '', ...args] = (await node('sonde')(t)) ?? [];
      await send(command, args, { endpoint, protocol: 'http/protobuf' });
      // It forwards what its queue holds before it ends.
      collector.kill('SIGTERM');
      assert.deepEqual(await collector.ended, { code: 0, signal: null }, collector.output);
      await check(viewer);
    });
  }
});
