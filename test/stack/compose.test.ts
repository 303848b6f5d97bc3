import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { DCLinter } from 'dclint';
import { type Compose, readCompose, root, type Service } from './files.ts';

let compose: Compose;
before(async () => {
  compose = await readCompose();
});

test('docker-compose.yml follows the Compose specification', async () => {
  const manifest = fileURLToPath(import.meta.resolve('dclint/package.json'));
  const schema = JSON.parse(await readFile(join(manifest, '../schemas/compose.schema.json'), 'utf8'));
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  // The schema names a draft by an address that has moved; draft-07 reads it.
  const valid = ajv.validate({ ...schema, $schema: 'http://json-schema.org/draft-07/schema#' }, compose);
  assert.ok(valid, ajv.errorsText(ajv.errors, { separator: '\n' }));
});

interface Complaint {
  readonly line: number;
  readonly rule: string;
  readonly message: string;
}

test('the Compose linter reports no problems', () => {
  const off = [
    'require-project-name-field',
    'service-keys-order',
    'service-ports-alphabetical-order',
    'services-alphabetical-order',
  ];
  const rules = Object.fromEntries(off.map((rule) => [rule, 0 as const]));
  const linter = new DCLinter({ rules, quiet: false, debug: false, exclude: [] });
  const [result] = linter.lintFiles([join(root, 'docker-compose.yml')], false);
  const complaints: readonly Complaint[] | undefined = result?.messages;
  assert.deepEqual(
    complaints?.map(({ line, rule, message }) => `${line}: ${message} (${rule})`),
    [],
  );
});

test('every mounted path and named volume exists', async () => {
  const mounts = Object.values(compose.services).flatMap(({ volumes }) => volumes ?? []);
  const sources = mounts.map((mount) => mount.split(':')[0] ?? '');
  assert.ok(sources.length > 0);
  const missing = await Promise.all(
    sources.map(async (source) => {
      if (!source.startsWith('.')) return source in compose.volumes ? [] : [source];
      return stat(join(root, source)).then(
        () => [],
        () => [source],
      );
    }),
  );
  assert.deepEqual(missing.flat(), []);
});

test('build contexts and Dockerfiles exist', async () => {
  const builds = Object.values(compose.services).flatMap(({ build }) => (build === undefined ? [] : [build]));
  assert.ok(builds.length > 0);
  await Promise.all(builds.map(({ context, dockerfile }) => stat(join(root, context, dockerfile))));
});

test('every image is pinned and can be replaced by a variable', async () => {
  const dockerfiles = await Promise.all(
    Object.values(compose.services).map(async ({ build }) => {
      if (build === undefined) return [];
      const lines = (await readFile(join(root, build.context, build.dockerfile), 'utf8')).split('\n');
      const from = lines.filter((line) => line.startsWith('FROM '));
      assert.ok(
        from.every((line) => line.startsWith('FROM ${')),
        'each FROM takes an ARG',
      );
      return lines
        .filter((line) => line.startsWith('ARG NODE_IMAGE='))
        .map((line) => line.split('=')[1] ?? '');
    }),
  );
  const images = Object.values(compose.services).flatMap(({ image }) => {
    if (image === undefined) return [];
    const [, fallback] = image.match(/^\$\{[A-Z_]+_IMAGE:-(.+)\}$/) ?? [];
    assert.ok(fallback, `${image} cannot be replaced`);
    return [fallback];
  });
  for (const image of [...images, ...dockerfiles.flat()]) {
    assert.match(image, /^[a-z/-]+:v?\d+\.\d+\.\d+(-[a-z-]+)?$/);
  }
});

/** Services without a health check: the image of the Collector has no shell, and the load serves no requests. */
const withoutHealthCheck = /^(collector|tier\d-[ab]|load)$/;

test('ports are bound to loopback, and services have memory limits and health checks', () => {
  for (const [name, service] of Object.entries(compose.services)) {
    for (const port of service.ports ?? []) {
      assert.match(port, /^127\.0\.0\.1:\$\{[A-Z_]+:-\d+\}:\d+$/, `${name} ${port}`);
    }
    assert.match(service.mem_limit ?? '', /^\d+m$/, `${name} has no memory limit`);
    const checked = service.healthcheck?.test !== undefined;
    assert.equal(checked, !withoutHealthCheck.test(name), `${name}: health check`);
  }
});

/** Documented values of `COMPOSE_PROFILES`. */
const choices = ['minimal', 'full', 'scale', 'full,load', 'scale,load'];

/** The services that Compose starts for a value of `COMPOSE_PROFILES`. */
function started(choice: string): Readonly<Record<string, Service>> {
  const chosen = choice.split(',');
  const isStarted = ([, { profiles }]: [string, Service]): boolean =>
    profiles === undefined || profiles.some((profile) => chosen.includes(profile));
  return Object.fromEntries(Object.entries(compose.services).filter(isStarted));
}

for (const choice of choices) {
  test(`${choice}: services depend only on services of the same profiles`, () => {
    const services = started(choice);
    for (const [name, { depends_on: needed = {} }] of Object.entries(services)) {
      for (const [other, { condition, required = true }] of Object.entries(needed)) {
        const target = services[other] ?? (required ? undefined : compose.services[other]);
        assert.ok(target, `${name} waits for ${other}, which is not there`);
        const checked = target.healthcheck?.test !== undefined;
        assert.equal(condition === 'service_healthy', checked, `${name} -> ${other}`);
      }
    }
  });
}

/** Hosts with a port in a text: `http://tempo:4318`, `hello:9464`. */
const hostsIn = (text: string): readonly string[] =>
  [...text.matchAll(/(?:https?:\/\/|targets: \[')([a-z0-9-]+):\d+/g)].map(([, host]) => host ?? '');

/** Hosts that a service and its mounted files refer to. */
async function listHosts({ environment, volumes = [] }: Service): Promise<readonly string[]> {
  const files = volumes
    .map((mount) => mount.split(':')[0] ?? '')
    .filter((path) => path.startsWith('./stack/'));
  const texts = await Promise.all(files.map(readTexts));
  return hostsIn([JSON.stringify(environment ?? {}), ...texts.flat()].join('\n'));
}

/** The contents of a file, or of all files below a directory, without what is a comment. */
async function readTexts(path: string): Promise<readonly string[]> {
  const names = await readdir(join(root, path), { recursive: true }).catch(() => ['']);
  const texts = names.map((name) => readFile(join(root, path, name), 'utf8').catch(() => ''));
  return (await Promise.all(texts)).map((text) => text.replaceAll(/^\s*#.*$/gm, ''));
}

for (const choice of choices.filter((each) => each !== 'minimal')) {
  test(`${choice}: every referenced host exists`, async () => {
    const services = started(choice);
    const aliases = Object.values(services).flatMap(({ networks }) => networks?.['default']?.aliases ?? []);
    const known = new Set(['localhost', ...Object.keys(services), ...aliases]);
    const named = await Promise.all(Object.values(services).map(listHosts));
    assert.ok(named.flat().length > 10);
    const unknown = new Set(named.flat().filter((host) => !known.has(host)));
    assert.deepEqual([...unknown], []);
  });
}

test('scale: two instances of each service share its host name', () => {
  const services = Object.entries(started('scale'));
  const behind = (name: string): number =>
    services.filter(([own, { networks }]) => own === name || networks?.['default']?.aliases?.includes(name))
      .length;
  assert.deepEqual(['gateway', 'catalogue', 'orders', 'collector', 'tier2'].map(behind), [2, 2, 2, 2, 2]);
});

test('Grafana allows anonymous viewing and no changes', () => {
  const { environment = {} } = compose.services['grafana'] ?? {};
  assert.equal(environment['GF_AUTH_ANONYMOUS_ORG_ROLE'], 'Viewer');
  assert.equal(environment['GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION'], 'true');
  assert.equal(environment['GF_AUTH_DISABLE_LOGIN_FORM'], 'true');
  assert.equal(environment['GF_ANALYTICS_REPORTING_ENABLED'], 'false');
});
