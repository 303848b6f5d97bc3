import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, suite, test, type TestContext } from 'node:test';
import { prometheusRule, rulesPath } from '../../scripts/kubernetes-rules.ts';
import { readCompose, root } from '../stack/files.ts';
import { buildCollector } from '../support/collector.ts';
import { buildValidator, type Manifest, ofKind, render, type Rendering } from '../support/manifests.ts';
import { needs } from '../support/needs.ts';
import { findProgram, run } from '../support/run.ts';
import {
  type Autoscaler,
  type Budget,
  type Container,
  type Monitor,
  selects,
  type Service,
  type Workload,
} from './objects.ts';

const buildTimeout = 600_000;
const timeout = 60_000;
const workloads = ['DaemonSet', 'Deployment', 'StatefulSet'];

interface Tools {
  readonly validator: string;
  readonly collector: string;
}

let tools: Tools | undefined;
let reason = '';
before(
  async () => {
    const go = await findProgram('go');
    if (go === undefined) reason = 'Go, to build kustomize with the validation of the API server';
    else {
      try {
        tools = { validator: await buildValidator(go), collector: await buildCollector(go) };
      } catch (error) {
        reason = String(error);
      }
    }
  },
  { timeout: buildTimeout },
);

/** Defines a test that renders and validates manifests. */
function withTools(name: string, body: (t: TestContext, tools: Tools) => Promise<void>): void {
  test(name, { timeout }, (t) => (tools === undefined ? needs(t, reason) : body(t, tools)));
}

const label = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.namespace}/${metadata.name}`;
const getContainers = ({ spec }: Manifest<Workload>): readonly Container[] => spec.template.spec.containers;

/** Objects of these kinds in the namespace of another object. */
const inNamespace = <Spec>(
  rendering: Rendering,
  { metadata }: Manifest,
  ...kinds: string[]
): readonly Manifest<Spec>[] =>
  ofKind<Spec>(rendering, ...kinds).filter((other) => other.metadata.namespace === metadata.namespace);

/** The workload that a selector matches in the namespace of its object. */
function selected(
  rendering: Rendering,
  by: Manifest,
  selector: Readonly<Record<string, string>>,
): Manifest<Workload> {
  const found = inNamespace<Workload>(rendering, by, ...workloads).filter(({ spec }) =>
    selects(selector, spec.template.metadata.labels),
  );
  const [workload, ...more] = found;
  assert.ok(workload !== undefined && more.length === 0, `${label(by)} selects ${found.length} workloads`);
  return workload;
}

/** Each `http://host:port` and each DNS name in a text. */
function addressesIn(text: string): { name: string; namespace: string | undefined; port: number }[] {
  const resolved = /hostname: ([a-z0-9-]+)()\n *port: '(\d+)'/g;
  return [...text.matchAll(/http:\/\/([a-z0-9-]+)(?:\.([a-z-]+))?:(\d+)/g), ...text.matchAll(resolved)].map(
    ([, name = '', namespace, port]) => ({ name, namespace: namespace || undefined, port: Number(port) }),
  );
}

/** Each directory that is applied, with the Collectors behind the agents in it. */
const directories: Readonly<Record<string, readonly string[]>> = {
  'deploy/base': ['gateway'],
  'deploy/overlays/scale': ['tier1', 'tier2'],
};

for (const [directory, gateways] of Object.entries(directories)) {
  suite(directory, () => {
    withTools('an API server takes every object', async (_t, { validator }) => {
      const { objects, faults, unchecked } = await render(validator, directory);
      assert.ok(objects.length > 20, String(objects.length));
      assert.deepEqual({ faults, unchecked }, { faults: [], unchecked: [] });
    });

    withTools('every selector finds its pods, and every port that is named', async (_t, { validator }) => {
      const rendering = await render(validator, directory);
      const listPorts = (workload: Manifest<Workload>): string[] =>
        getContainers(workload).flatMap(({ ports = [] }) => ports.map(({ name }) => name));
      for (const service of ofKind<Service>(rendering, 'Service')) {
        if (service.spec.type === 'ExternalName') continue;
        const workload = selected(rendering, service, service.spec.selector ?? {});
        for (const { targetPort } of service.spec.ports ?? []) {
          assert.ok(listPorts(workload).includes(targetPort), `${label(service)}: ${targetPort}`);
        }
      }
      for (const monitor of ofKind<Monitor>(rendering, 'PodMonitor')) {
        const workload = selected(rendering, monitor, monitor.spec.selector.matchLabels);
        for (const { port } of monitor.spec.podMetricsEndpoints ?? []) {
          assert.ok(listPorts(workload).includes(port), `${label(monitor)}: ${port}`);
        }
      }
      for (const monitor of ofKind<Monitor>(rendering, 'ServiceMonitor')) {
        const services = inNamespace<Service>(rendering, monitor, 'Service').filter(({ metadata }) =>
          selects(monitor.spec.selector.matchLabels, metadata.labels),
        );
        const ports = new Set(services.flatMap(({ spec }) => (spec.ports ?? []).map(({ name }) => name)));
        assert.equal(services.length, 1, label(monitor));
        for (const { port } of monitor.spec.endpoints ?? []) assert.ok(ports.has(port), label(monitor));
      }
      for (const budget of ofKind<Budget>(rendering, 'PodDisruptionBudget')) {
        selected(rendering, budget, budget.spec.selector.matchLabels);
      }
      for (const scaler of ofKind<Autoscaler>(rendering, 'HorizontalPodAutoscaler')) {
        const { kind, name } = scaler.spec.scaleTargetRef;
        const target = inNamespace<Workload>(rendering, scaler, kind).find(
          ({ metadata }) => metadata.name === name,
        );
        assert.ok(target !== undefined, `${label(scaler)} scales ${name}`);
        assert.equal(
          target.spec.replicas,
          undefined,
          `${name}: a replica count would override the autoscaler`,
        );
      }
    });

    withTools('every address of the configuration is a service with that port', async (_t, { validator }) => {
      const rendering = await render(validator, directory);
      const texts = ofKind<Workload>(rendering, ...workloads).flatMap((workload) => {
        const names = workload.spec.template.spec.volumes?.flatMap(({ configMap }) => configMap?.name ?? []);
        const files = inNamespace(rendering, workload, 'ConfigMap')
          .filter(({ metadata }) => names?.includes(metadata.name))
          .flatMap(({ data = {} }) => Object.values(data));
        assert.equal(files.length, names?.length ?? 0, `${label(workload)}: a ConfigMap is missing`);
        const values = getContainers(workload).flatMap(({ env = [] }) => env.map(({ value = '' }) => value));
        return [...files, ...values].map((text) => ({ text, workload }));
      });
      let found = 0;
      for (const { text, workload } of texts) {
        for (const { name, namespace = workload.metadata.namespace, port } of addressesIn(text)) {
          const service = ofKind<Service>(rendering, 'Service').find(
            ({ metadata }) => metadata.name === name && metadata.namespace === namespace,
          );
          assert.ok(service !== undefined, `${label(workload)} sends to ${name}.${namespace}`);
          const listens = service.spec.ports?.some((candidate) => candidate.port === port);
          assert.ok(service.spec.type === 'ExternalName' || listens, `${name}.${namespace}:${port}`);
          found += 1;
        }
      }
      assert.ok(found >= 5, String(found));
    });

    withTools('the real Collector takes every configuration', async (t, { validator, collector }) => {
      const folder = await mkdtemp(join(tmpdir(), 'sonde-manifests-'));
      t.after(() => rm(folder, { recursive: true, force: true }));
      const configurations = ofKind(await render(validator, directory), 'ConfigMap').flatMap(
        ({ data = {} }) => data['config.yaml'] ?? [],
      );
      assert.ok(configurations.length >= 2);
      for (const [index, text] of configurations.entries()) {
        const file = join(folder, `${index}.yaml`);
        await writeFile(file, text);
        const args = ['validate', '--config', file];
        assert.deepEqual(await run(collector, args, root), { code: 0, output: '' }, text);
      }
    });

    withTools('images are pinned, and memory is limited', async (_t, { validator }) => {
      const { image = '' } = (await readCompose()).services['collector'] ?? {};
      const containers = ofKind<Workload>(await render(validator, directory), ...workloads).flatMap(
        getContainers,
      );
      for (const container of containers) {
        assert.match(container.image, /^[a-z/-]+:\d+\.\d+\.\d+$/);
        assert.match(container.resources?.limits?.memory ?? '', /^\d+[MG]i$/);
        if (container.name === 'collector') {
          assert.ok(
            image.endsWith(`:-${container.image}}`),
            `${container.image} is not that of docker-compose.yml`,
          );
        }
      }
    });

    withTools('the application drains and flushes within its grace period', async (_t, { validator }) => {
      const hello = ofKind<Workload>(await render(validator, directory), 'Deployment').find(
        ({ metadata }) => metadata.name === 'hello',
      );
      assert.ok(hello !== undefined);
      const [container] = getContainers(hello);
      assert.ok(container !== undefined);
      const flushMs = Number(container.env?.find(({ name }) => name === 'SONDE_EXIT_TIMEOUT')?.value);
      const drainMs = 1000 * Number(container.lifecycle?.preStop.sleep.seconds);
      const gracePeriodMs = 1000 * Number(hello.spec.template.spec.terminationGracePeriodSeconds);
      assert.ok(
        flushMs > 0 && drainMs > 0 && drainMs + flushMs < gracePeriodMs,
        `${drainMs} + ${flushMs} in ${gracePeriodMs} ms`,
      );
      for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'] as const) {
        assert.ok(container[probe]?.tcpSocket, `${probe} would be measured as a request`);
      }
    });

    withTools('dashboards, rules and Collectors are those of the stack', async (_t, { validator }) => {
      const rendering = await render(validator, directory);
      const dashboards = ofKind(rendering, 'ConfigMap').filter(
        ({ metadata }) => metadata.labels?.['grafana_dashboard'] === '1',
      );
      assert.deepEqual(
        dashboards.flatMap(({ data = {} }) => Object.keys(data)).toSorted(),
        ['node-runtime', 'objectives', 'service-overview', 'telemetry-health'].map((name) => `${name}.json`),
      );
      for (const [name, text] of dashboards.flatMap(({ data = {} }) => Object.entries(data))) {
        assert.equal(text, await readFile(join(root, 'stack/grafana/dashboards', name), 'utf8'));
      }
      for (const name of gateways) {
        const configMap = ofKind(rendering, 'ConfigMap').find(({ metadata }) =>
          metadata.name.startsWith(`collector-${name}-`),
        );
        const file = name === 'gateway' ? 'config' : name;
        assert.equal(
          configMap?.data?.['config.yaml'],
          await readFile(join(root, `stack/collector/${file}.yaml`), 'utf8'),
        );
      }
      assert.equal(ofKind(rendering, 'PrometheusRule').length, 1);
    });
  });
}

withTools('the injection can be rendered; nothing here knows its kind', async (_t, { validator }) => {
  const { faults, unchecked } = await render(validator, 'deploy/injection');
  assert.deepEqual({ faults, unchecked }, { faults: [], unchecked: ['Instrumentation/sonde'] });
});

test('the PrometheusRule is generated from the rules of the stack', async () => {
  const made = await prometheusRule();
  assert.equal(await readFile(join(root, rulesPath), 'utf8'), made, 'run: npm run deploy:rules');
});

const pod = `
  selector: { matchLabels: { app: a } }
  template:
    metadata: { labels: { app: a } }
    spec: { containers: [{ name: a, image: 'a:1.0.0' }] }`;
const namespace = (level: string): string =>
  `{ apiVersion: v1, kind: Namespace, metadata: { name: n, labels: { pod-security.kubernetes.io/enforce: ${level} } } }\n---`;
const deployment = `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a, namespace: n }\nspec:${pod}`;

/** Invalid manifests and the expected errors. */
const faulty: Readonly<Record<string, readonly [manifest: string, said: RegExp]>> = {
  'a field that does not exist': [`${deployment}\n  replica: 2`, /unknown field "spec\.replica"/],
  'a value of the wrong type': [`${deployment}\n  replicas: two`, /Deployment\/a: .*replicas/],
  'a selector that finds nothing': [deployment.replace('app: a }', 'app: b }'), /does not match template/],
  'a pod that is not as restricted as its namespace': [
    `${namespace('restricted')}\n${deployment}`,
    /runAsNonRoot/,
  ],
  'a namespace that enforces nothing': [deployment, /enforces no pod security/],
  'a monitor with a field that does not exist': [
    'apiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: { name: a, namespace: n }\nspec: { selectors: {} }',
    /unknown field "spec\.selectors"/,
  ],
};

suite('the validator rejects', () => {
  for (const [name, [manifest, said]] of Object.entries(faulty)) {
    withTools(name, async (t, { validator }) => {
      const folder = await mkdtemp(join(tmpdir(), 'sonde-manifests-'));
      t.after(() => rm(folder, { recursive: true, force: true }));
      await writeFile(join(folder, 'kustomization.yaml'), 'resources: [manifest.yaml]\n');
      await writeFile(join(folder, 'manifest.yaml'), manifest);
      const { faults } = await render(validator, folder);
      assert.match(faults.join('\n'), said);
    });
  }
});
