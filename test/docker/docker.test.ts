import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';
import { copyConfiguration } from '../stack/configuration.ts';
import { type Compose, readCompose, root } from '../stack/files.ts';
import { buildCollector } from '../support/collector.ts';
import { freePort } from '../support/free-port.ts';
import { onlyAtFullSize } from '../support/full-size.ts';
import { needs } from '../support/needs.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import { findProgram } from '../support/run.ts';
import { Engine, NoEngine } from './engine.ts';
import { type Images, makeStandIns } from './stand-ins.ts';

const timeout = 300_000;
const project = 'sonde-test';

let engine: Engine | undefined;
let images: Images = {};
let folder = '';
let missing = '';
let impossible = '';

before(
  async () => {
    if (onlyAtFullSize !== false) return;
    folder = await mkdtemp(join(tmpdir(), 'sonde-compose-'));
    if (process.getuid?.() !== 0) {
      impossible = 'an engine takes the rights of root';
      return;
    }
    const go = await findProgram('go');
    missing = [await Engine.missing(), go === undefined ? 'go' : ''].filter(Boolean).join(', ');
    if (missing !== '' || go === undefined) return;
    const collector = await buildCollector(go);
    try {
      engine = await Engine.start();
      images = await makeStandIns(engine, collector);
    } catch (error) {
      if (!(error instanceof NoEngine)) throw error;
      impossible = error.message;
    }
  },
  { timeout: 600_000 },
);
after(async () => {
  await engine?.[Symbol.asyncDispose]();
  if (folder !== '') await rm(folder, { recursive: true, force: true });
});

/**
 * Defines a test with a Docker engine. A missing program fails in CI; where the machine cannot run containers, the test
 * is skipped everywhere.
 */
function withEngine(name: string, body: (t: TestContext, engine: Engine) => Promise<void>): void {
  test(name, { timeout }, (t) => {
    if (onlyAtFullSize !== false) return t.skip(onlyAtFullSize);
    if (missing !== '') return needs(t, `a Docker engine takes ${missing}`);
    if (engine === undefined) return t.skip(`no Docker engine runs on this machine: ${impossible}`);
    return body(t, engine);
  });
}

/** The services that the profile `full` starts. */
async function servicesOfFull(): Promise<Compose['services']> {
  const { services } = await readCompose();
  const started = Object.entries(services).filter(([, { profiles = ['full'] }]) => profiles.includes('full'));
  return Object.fromEntries(started);
}

/** Copies docker-compose.yml without options that Debian's Compose and Prometheus do not support. */
async function writeCompose(): Promise<string> {
  const { directory } = await copyConfiguration('promtool');
  const { volumes } = await readCompose();
  const all = await servicesOfFull();
  const services = Object.fromEntries(
    Object.entries(all).map(([name, service]) => {
      const needed = Object.entries(service.depends_on ?? {}).filter(([other]) => other in all);
      const dependsOn = Object.fromEntries(needed.map(([other, { condition }]) => [other, { condition }]));
      const mounts = service.volumes?.map((mount) => mount.replace('./stack/prometheus:', `${directory}:`));
      return [
        name,
        Object.assign({}, service, { depends_on: dependsOn, volumes: mounts ?? [], profiles: ['full'] }),
      ];
    }),
  );
  const file = join(folder, 'docker-compose.yml');
  const form = { aliasDuplicateObjects: false, version: '1.1' } as const;
  await writeFile(file, stringify({ services, volumes }, form));
  return file;
}

/** A free port for every port that docker-compose.yml publishes, by the variable that sets it. */
async function freePorts(): Promise<Record<string, string>> {
  const published = Object.values((await readCompose()).services).flatMap(({ ports }) => ports ?? []);
  const names = published.flatMap((port) => /\$\{([A-Z_]+):-/.exec(port)?.[1] ?? []);
  const ports = await Promise.all(names.map(async (name) => [name, String(await freePort())]));
  return Object.fromEntries(ports);
}

/** Sends requests that a stand-in recorded to a sink, which decodes them. */
async function replay(lines: string, sink: OtlpSink): Promise<void> {
  for (const line of lines.split('\n').filter(Boolean)) {
    const { path, headers, body }: { path: string; headers: Record<string, string>; body: string } =
      JSON.parse(line);
    const kept = ['content-type', 'content-encoding'].flatMap((name) =>
      headers[name] === undefined ? [] : [[name, headers[name]]],
    );
    await fetch(sink.url + path.replace('/otlp/', '/'), {
      method: 'POST',
      headers: Object.fromEntries(kept),
      body: Buffer.from(body, 'base64'),
    });
  }
}

/** Retries until `find` returns a value, bounded by the time limit of the test. */
async function until<T>(find: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await find();
    if (found !== undefined) return found;
    await delay(500);
  }
}

interface Sample {
  readonly value: readonly [number, string];
}

const about =
  "Debian's Prometheus and Alertmanager, the real Collector; stand-ins for Tempo, Loki and Grafana";

suite(`docker-compose.yml, by a real engine, with ${about}`, { timeout: 3 * timeout }, () => {
  let env: Record<string, string> = {};
  let file = '';
  let network = '';
  const at = (name: string): string => `http://127.0.0.1:${env[name]}`;
  const compose = (running: Engine, ...args: string[]): Promise<string> => {
    const options = ['--project-directory', root, '--file', file, '--project-name', project];
    return running.compose([...options, ...args], env);
  };

  /** Requests received by the stand-ins of Tempo and Loki. */
  async function received(running: Engine): Promise<OtlpSink> {
    const sink = await OtlpSink.start();
    for (const name of ['tempo', 'loki']) {
      const lines = await running.read(
        images['NODE_IMAGE'] ?? '',
        `${project}_${name}-data`,
        'received.jsonl',
      );
      await replay(lines, sink);
    }
    return sink;
  }

  before(async () => {
    if (onlyAtFullSize !== false) return;
    file = await writeCompose();
    env = { ...images, ...(await freePorts()), COMPOSE_PROFILES: 'full' };
    network = `${project}_default`;
  });

  withEngine('the images build, and their programs are not root', async (_t, running) => {
    await compose(running, 'build');
    const base = images['NODE_IMAGE'] ?? '';
    const args = ['--build-arg', `NODE_IMAGE=${base}`, '--build-arg', `BASE_IMAGE=${base}`];
    const dockerfile = join(root, 'deploy/injection/Dockerfile');
    await running.docker('build', ...args, '--file', dockerfile, '--tag', 'sonde-injection', root);
    for (const image of [`${project}_hello`, `${project}_gateway`, 'sonde-injection']) {
      const user = await running.docker('inspect', '--format', '{{.Config.User}}', image);
      assert.match(user.trim(), /^[1-9]\d+:[1-9]\d+$/, image);
    }
  });

  withEngine('everything comes up healthy', async (_t, running) => {
    await compose(running, 'up', '--detach');
    await running.untilHealthy(project);
    const started = (await compose(running, 'ps', '--services', '--filter', 'status=running'))
      .trim()
      .split('\n');
    assert.deepEqual(started.toSorted(), Object.keys(await servicesOfFull()).toSorted());
  });

  withEngine('the application answers, and is scraped across the network of the containers', async () => {
    assert.deepEqual(await (await fetch(`${at('HELLO_PORT')}/users/42`)).json(), { id: '42' });
    const query = encodeURIComponent('http_requests_total{job="hello"}');
    const count = await until(async () => {
      const answer = await fetch(`${at('PROMETHEUS_PORT')}/api/v1/query?query=${query}`);
      const { data } = (await answer.json()) as { data: { result: Sample[] } };
      return data.result[0]?.value[1];
    });
    assert.equal(count, '1');
  });

  withEngine('the injection image makes an untouched container one that is seen', async (_t, running) => {
    // A volume that every user can write to.
    const volume = join(folder, 'volume');
    await mkdir(volume);
    await chmod(volume, 0o777);
    const target = '/otel-auto-instrumentation-nodejs';
    const mount = ['--rm', '--volume', `${volume}:${target}`];
    await running.docker('run', ...mount, 'sonde-injection', 'cp', '-r', '/autoinstrumentation/.', target);
    const variables = {
      NODE_OPTIONS: ` --require ${target}/autoinstrumentation.js`,
      OTEL_SERVICE_NAME: 'untouched',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
    };
    const flags = Object.entries(variables).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
    const program = `require('http').createServer((q, r) => r.end('ok')).listen(0, async function () {
      await fetch('http://127.0.0.1:' + this.address().port + '/from-a-pod'); this.close(); })`;
    const container = ['--network', network, '--user', '1000:1000', images['NODE_IMAGE'] ?? ''];
    await running.docker('run', ...mount, ...flags, ...container, 'node', '--eval', program);
    const spans = await until(async () => {
      await using sink = await received(running);
      const found = sink.spans.filter(({ resource }) => resource['service.name'] === 'untouched');
      return found.length === 0 ? undefined : found;
    });
    assert.deepEqual(new Set(spans.map(({ raw }) => raw['kind'])), new Set([2, 3]));
    assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, 1);
  });

  withEngine(
    '`down` ends every container cleanly, and what they recorded is not lost',
    async (_t, running) => {
      const asked = 20;
      for (let id = 0; id < asked; id += 1)
        await (await fetch(`${at('HELLO_PORT')}/users/last-${id}`)).text();
      const endings = await running.endings(project, () => compose(running, 'down'));
      assert.equal(endings.length, Object.keys(await servicesOfFull()).length);
      for (const { name, code } of endings) {
        const ours = ['hello', 'gateway', 'catalogue', 'orders', 'pager'].some((part) =>
          name.includes(`_${part}_`),
        );
        // Exit code of the first process of a container after SIGTERM.
        assert.equal(code, ours ? 143 : 0, name);
      }
      const order = endings.map(({ name }) => name);
      assert.ok(order.indexOf(`${project}_hello_1`) < order.indexOf(`${project}_collector_1`), order.join());

      // Undelivered data of the Collector is on its volume.
      await compose(running, 'up', '--detach', 'collector');
      const last = await until(async () => {
        await using sink = await received(running);
        const spans = sink.spans.filter(({ attributes }) =>
          String(attributes['url.path']).startsWith('/users/last-'),
        );
        const logs = sink.logs.filter(({ attributes }) => String(attributes['user.id']).startsWith('last-'));
        return spans.length < asked || logs.length < asked ? undefined : { spans, logs };
      });
      assert.deepEqual([last.spans.length, last.logs.length], [asked, asked]);
      await compose(running, 'down', '--volumes');
    },
  );
});
