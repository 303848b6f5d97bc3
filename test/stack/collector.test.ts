import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test, type TestContext } from 'node:test';
import {
  buildCollector,
  type CollectorPlaces,
  collectorPlaces,
  startCollector,
} from '../support/collector.ts';
import { startHello } from '../support/example.ts';
import { freePort } from '../support/free-port.ts';
import { needs } from '../support/needs.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import type { Program } from '../support/program.ts';
import { findProgram, run } from '../support/run.ts';
import { readCompose, readYaml, root, type Service } from './files.ts';

const buildTimeout = 600_000;
const timeout = 60_000;
const manifest = 'test/stack/collector/builder.yaml';

let binary: string | undefined;
let reason = '';
before(
  async () => {
    const go = await findProgram('go');
    if (go === undefined) reason = 'Go, to build the Collector';
    else {
      binary = await buildCollector(go).catch((error: Error) => {
        reason = error.message;
        return undefined;
      });
    }
  },
  { timeout: buildTimeout },
);

/** The services of the compose file that are Collectors. */
async function collectors(): Promise<readonly Service[]> {
  const services = Object.values((await readCompose()).services);
  return services.filter(({ image }) => image?.includes('opentelemetry-collector'));
}

/** The files in `stack/collector`, as the compose file names them. */
async function configurations(): Promise<readonly string[]> {
  const names = await readdir(join(root, 'stack/collector'));
  return names
    .filter((name) => name !== 'kustomization.yaml')
    .map((name) => `./stack/collector/${name}`)
    .toSorted();
}

/** Defines a test with a Collector. */
function withCollector(name: string, body: (t: TestContext, collector: string) => Promise<void>): void {
  test(name, { timeout }, (t) => (binary === undefined ? needs(t, reason) : body(t, binary)));
}

test('the built Collector has the version of docker-compose.yml', async () => {
  const { dist } = await readYaml<{ dist: { version: string } }>(manifest);
  const images = (await collectors()).map(({ image = '' }) => image);
  assert.ok(images.length > 0);
  assert.deepEqual(
    images.filter((image) => !image.endsWith(`:${dist.version}}`)),
    [],
  );
});

withCollector('the Collector accepts the configurations of all profiles', async (_t, collector) => {
  const services = await collectors();
  const files = new Set(services.flatMap(({ volumes = [] }) => volumes[0]?.split(':')[0] ?? []));
  assert.deepEqual([...files].toSorted(), await configurations());
  for (const file of files) {
    const args = ['validate', '--config', file];
    assert.deepEqual(await run(collector, args, root), { code: 0, output: '' }, file);
  }
});

test('queues on disk survive a power cut and a corrupt file, in the stack and in Kubernetes', async () => {
  for (const file of [...(await configurations()), 'deploy/base/agent/config.yaml']) {
    const { extensions } = await readYaml<{ extensions: { file_storage: object } }>(file);
    assert.partialDeepStrictEqual(extensions.file_storage, { fsync: true, recreate: true }, file);
  }
});

/** Turns the data pages of a bbolt database into pages of another type, like writes that a crash reordered. */
async function corrupt(path: string): Promise<void> {
  const pageBytes = 4096;
  const flagsOffset = 8;
  const [leafFlag, metaFlag] = [2, 4];
  const content = await readFile(path);
  for (let page = 2 * pageBytes; page < content.length; page += pageBytes) {
    if (content.readUInt16LE(page + flagsOffset) === leafFlag) {
      content.writeUInt16LE(metaFlag, page + flagsOffset);
    }
  }
  await writeFile(path, content);
}

/**
 * Starts a Collector again that ends before it is ready, as the stack and Kubernetes do. Bbolt checks a database in a
 * goroutine of its own, which goes on after the extension has caught the fault and closed the database: now and then
 * it reads what is closed, and ends the Collector.
 */
async function startWithRestarts(collector: string, places: CollectorPlaces): Promise<Program> {
  const maxRestarts = 10;
  for (let restarts = 0; ; restarts += 1) {
    try {
      return await startCollector(collector, places);
    } catch (error) {
      if (restarts === maxRestarts || !String(error).includes('bbolt')) throw error;
    }
  }
}

test('a Collector that ends is started again, in the stack', async () => {
  assert.deepEqual(
    (await collectors()).filter(({ restart }) => restart !== 'unless-stopped'),
    [],
  );
});

withCollector('the Collector sets a corrupt queue aside and starts', async (t, collector) => {
  await using sink = await OtlpSink.start();
  const places = await collectorPlaces(sink.url);
  t.after(() => rm(places.storage, { recursive: true, force: true }));
  await using first = await startCollector(collector, places);
  first.kill('SIGKILL');
  await first.ended;
  const queues = (await readdir(places.storage)).filter((name) => name.startsWith('exporter_'));
  assert.equal(queues.length, 3);
  for (const queue of queues) await corrupt(join(places.storage, queue));

  await using second = await startWithRestarts(collector, places);
  const kept = (await readdir(places.storage)).filter((name) => name.endsWith('.backup'));
  assert.equal(kept.length, queues.length, second.output);
  const { program, url } = await startHello('', {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${places.otlpPort}`,
  });
  await using example = program;
  await (await fetch(`${url}/users/42`)).text();
  example.kill('SIGTERM');
  await sink.until(({ spans }) => spans.find(({ name }) => name === 'GET /users/:id'));
});

withCollector('what the example sends comes out at the back ends', async (t, collector) => {
  await using sink = await OtlpSink.start();
  const places = await collectorPlaces(sink.url);
  t.after(() => rm(places.storage, { recursive: true, force: true }));
  await using running = await startCollector(collector, places);
  const { program, url } = await startHello('', {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${places.otlpPort}`,
  });
  await using example = program;
  await (await fetch(`${url}/users/42`)).text();
  example.kill('SIGTERM');
  await example.ended;

  const span = await sink.until(({ spans }) => spans.find(({ name }) => name === 'GET /users/:id'));
  const log = await sink.until(({ logs }) => logs.find(({ name }) => name === 'Looking up a user'));
  assert.equal(log.traceId, span.traceId);
  await sink.until(({ metrics }) => metrics.find(({ name }) => name === 'http.requests'));

  const health = await fetch(`http://127.0.0.1:${places.healthPort}`);
  assert.equal(health.status, 200);
  const page = await (await fetch(`http://127.0.0.1:${places.metricsPort}/metrics`)).text();
  for (const name of ['otelcol_exporter_queue_size', 'otelcol_exporter_queue_capacity']) {
    assert.match(page, new RegExp(`^${name}\\{.*exporter="otlp_http/tempo"`, 'm'));
  }
  assert.match(page, /^otelcol_receiver_refused_spans(_total)?\{/m);
  void running;
});

withCollector(
  'what cannot be delivered waits on disk, beyond the end of the Collector',
  async (t, collector) => {
    const port = await freePort();
    const places = await collectorPlaces(`http://127.0.0.1:${port}`);
    t.after(() => rm(places.storage, { recursive: true, force: true }));
    await using first = await startCollector(collector, places);
    const { program, url } = await startHello('', {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${places.otlpPort}`,
    });
    await using example = program;
    await (await fetch(`${url}/users/42`)).text();
    example.kill('SIGTERM');
    await example.ended;
    first.kill('SIGKILL');
    await first.ended;

    await using sink = await OtlpSink.start(port);
    await using second = await startCollector(collector, places);
    const span = await sink.until(({ spans }) => spans.find(({ name }) => name === 'GET /users/:id'));
    const log = await sink.until(({ logs }) => logs.find(({ name }) => name === 'Looking up a user'));
    assert.equal(log.traceId, span.traceId);
    void second;
  },
);
