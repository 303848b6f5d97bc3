import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test, type TestContext } from 'node:test';
import { stringify } from 'yaml';
import { copyConfiguration } from '../stack/configuration.ts';
import { type Compose, readCompose, root } from '../stack/files.ts';
import { buildCollector } from '../support/collector.ts';
import { freePort } from '../support/free-port.ts';
import { needs } from '../support/needs.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import { Program } from '../support/program.ts';
import { findProgram } from '../support/run.ts';
import { Engine, NoEngine } from './engine.ts';
import { type Images, makeStandIns, readVolume } from './stand-ins.ts';

const timeout = 300_000;
const project = 'sonde-test';

let engine: Engine | undefined;
let images: Images = {};
let folder = '';
let missing = '';
let impossible = '';

before(
  async () => {
    folder = await mkdtemp(join(tmpdir(), 'sonde-compose-'));
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
  await rm(folder, { recursive: true, force: true });
});

/**
 * A test that has an engine. Where a program is missing it is for the machine to bring it; where the kernel
 * cannot run containers there is nothing to bring, and the test is skipped everywhere.
 */
function withEngine(name: string, body: (t: TestContext, engine: Engine) => Promise<void>): void {
  test(name, { timeout }, (t) => {
    if (missing !== '') return needs(t, `a Docker engine takes ${missing}`);
    if (engine === undefined) return t.skip(`no Docker engine runs on this machine: ${impossible}`);
    return body(t, engine);
  });
}

/** docker-compose.yml as Debian's Compose and Prometheus can read it: what they do not know is left out. */
async function writeCompose(): Promise<string> {
  const { directory } = await copyConfiguration('promtool');
  const compose = await readCompose();
  const services = Object.fromEntries(
    Object.entries(compose.services).map(([name, service]) => [name, adapted(service, directory)]),
  );
  const file = join(folder, 'docker-compose.yml');
  await writeFile(file, stringify({ services, volumes: compose.volumes }, { aliasDuplicateObjects: false, version: '1.1' }));
  return file;
}

type Service = Compose['services'][string];

function adapted(service: Service, prometheus: string): object {
  const needed = Object.entries(service.depends_on ?? {}).map(([name, { condition }]) => [name, { condition }]);
  const volumes = service.volumes?.map((volume) => volume.replace('./stack/prometheus:', `${prometheus}:`));
  return { ...service, depends_on: Object.fromEntries(needed), volumes: volumes ?? [] };
}

/** A free port for every port that docker-compose.yml publishes, by the variable that sets it. */
async function freePorts(): Promise<Record<string, string>> {
  const published = Object.values((await readCompose()).services).flatMap(({ ports }) => ports ?? []);
  const names = published.flatMap((port) => /\$\{([A-Z_]+):-/.exec(port)?.[1] ?? []);
  const ports = await Promise.all(names.map(async (name) => [name, String(await freePort())]));
  return Object.fromEntries(ports);
}

/** Sends what a stand-in wrote down to a sink, which decodes it. */
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

suite('docker-compose.yml, by a real engine; stand-ins for Tempo, Loki and Grafana', () => {
  let env: Record<string, string> = {};
  let file = '';
  const compose = (running: Engine, ...args: string[]): Promise<string> =>
    running.compose(root, ['--project-directory', root, '--file', file, '--project-name', project, ...args], env);
  const at = (name: string): string => `http://127.0.0.1:${env[name]}`;

  before(async () => {
    file = await writeCompose();
    env = { ...images, ...(await freePorts()), COMPOSE_PROFILES: 'full' };
  });

  withEngine('the images build, and their programs are not root', async (_t, running) => {
    await compose(running, 'build');
    for (const service of ['hello', 'gateway']) {
      const user = await running.docker('inspect', '--format', '{{.Config.User}}', `${project}_${service}`);
      assert.equal(user.trim(), '1000:1000');
    }
  });

  withEngine('everything comes up healthy', async (_t, running) => {
    await compose(running, 'up', '--detach');
    await running.untilHealthy(project);
    const services = (await compose(running, 'ps', '--services', '--filter', 'status=running')).trim().split('\n');
    const { services: all } = await readCompose();
    const wanted = Object.entries(all)
      .filter(([, { profiles = ['full'] }]) => profiles.includes('full'))
      .map(([name]) => name);
    assert.deepEqual(services.toSorted(), wanted.toSorted());
  });

  withEngine('the application answers, and is scraped across the network of the containers', async () => {
    assert.deepEqual(await (await fetch(`${at('HELLO_PORT')}/users/42`)).json(), { id: '42' });
    const query = 'http_requests_total{job="hello"}';
    for (;;) {
      const url = `${at('PROMETHEUS_PORT')}/api/v1/query?query=${encodeURIComponent(query)}`;
      const { data } = (await (await fetch(url)).json()) as { data: { result: { value: [number, string] }[] } };
      if (Number(data.result[0]?.value[1]) === 1) break;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  });

  withEngine('`down` ends every container cleanly, and loses nothing', async (t, running) => {
    const asked = 20;
    for (let id = 0; id < asked; id += 1) await (await fetch(`${at('HELLO_PORT')}/users/last-${id}`)).text();
    const events = ['events', '--filter', 'event=die', '--format', '{{.Actor.Attributes.name}} {{.Actor.Attributes.exitCode}}'];
    await using told = new Program('/usr/bin/docker', events, { cwd: folder, env: { ...running.environment } });
    await compose(running, 'down');
    await told.printed(`${project}_hello_1 `);
    t.diagnostic(told.stdout);

    await compose(running, 'up', '--detach', 'collector');
    await running.untilHealthy(project);
    await new Promise((resolve) => setTimeout(resolve, 5000));
    t.diagnostic(await running.docker('logs', `${project}_collector_1`));
    await compose(running, 'down');

    await using sink = await OtlpSink.start();
    const image = images['NODE_IMAGE'] ?? '';
    await replay(await readVolume(running, image, `${project}_tempo-data`, 'received.jsonl'), sink);
    await replay(await readVolume(running, image, `${project}_loki-data`, 'received.jsonl'), sink);
    await sink.settled();
    const last = sink.spans.filter(
      ({ name, attributes }) => name === 'GET /users/:id' && String(attributes['url.path']).includes('last-'),
    );
    t.diagnostic(`${last.length} spans, ${sink.logs.length} logs`);
    assert.equal(last.length, asked);
  });
});
void [chmod, mkdir];
