import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { stringify } from 'yaml';
import { needs } from '../support/needs.ts';
import { findProgram, run } from '../support/run.ts';
import { readYaml, root } from './files.ts';
import { faultsOf } from './queries.ts';

interface PrometheusConfig {
  readonly rule_files: readonly string[];
  readonly scrape_configs: readonly Readonly<Record<string, unknown>>[];
  readonly otlp?: unknown;
}

/** What Prometheus 3 reads and Prometheus 2 refuses. */
const onlyInPrometheus3 = ['scrape_native_histograms', 'always_scrape_classic_histograms'];

/** The mounted directory, in the form that the Prometheus at hand can read. */
async function configurationFor(t: TestContext, promtool: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sonde-prometheus-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  await cp(join(root, 'stack/prometheus'), directory, { recursive: true });
  const { output } = await run(promtool, ['--version'], root);
  if (!output.includes('version 2.')) return directory;

  t.diagnostic(`stand-in: Prometheus 2, without otlp, ${onlyInPrometheus3.join(', ')}`);
  const { otlp: _, ...config } = await readYaml<PrometheusConfig>('stack/prometheus/prometheus.yml');
  const scrapes = config.scrape_configs.map((scrape) =>
    Object.fromEntries(Object.entries(scrape).filter(([key]) => !onlyInPrometheus3.includes(key))),
  );
  await writeFile(join(directory, 'prometheus.yml'), stringify({ ...config, scrape_configs: scrapes }));
  return directory;
}

test('promtool accepts the configuration and its rules', async (t) => {
  const promtool = await findProgram('promtool');
  if (promtool === undefined) return needs(t, "promtool of Debian's package prometheus");
  const directory = await configurationFor(t, promtool);
  const { code, output } = await run(
    promtool,
    ['check', 'config', '--lint=all', 'prometheus.yml'],
    directory,
  );
  assert.equal(code, 0, output);
  assert.match(output, /SUCCESS: prometheus\.yml is valid/);
});

test('the rules do in promtool what their unit tests say', async (t) => {
  const promtool = await findProgram('promtool');
  if (promtool === undefined) return needs(t, "promtool of Debian's package prometheus");
  const directory = join(root, 'test/stack/rules');
  const tests = (await readdir(directory)).filter((name) => name.endsWith('.yml'));
  assert.ok(tests.length > 0);
  const { code, output } = await run(promtool, ['test', 'rules', ...tests], directory);
  assert.equal(code, 0, output);
});

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

async function readRules(): Promise<readonly Rule[]> {
  const files = await readdir(join(root, 'stack/prometheus/rules'));
  const groups = await Promise.all(
    files.map((file) => readYaml<{ groups: { rules: Rule[] }[] }>(`stack/prometheus/rules/${file}`)),
  );
  return groups.flatMap((file) => file.groups.flatMap(({ rules }) => rules));
}

test('every rule is right by the grammar of PromQL 3 too', async () => {
  const rules = await readRules();
  assert.ok(rules.length > 0);
  for (const { expr, alert, record } of rules) {
    assert.deepEqual(faultsOf({ at: '', language: 'prometheus', text: expr }), [], alert ?? record);
  }
});

test('every alert says how severe it is, what happens and what to do', async () => {
  const alerts = (await readRules()).filter(({ alert }) => alert !== undefined);
  const runbook = await readFile(join(root, 'docs/guide/runbook.md'), 'utf8');
  for (const { alert, labels, annotations } of alerts) {
    assert.match(labels?.['severity'] ?? '', /^(page|ticket)$/, alert);
    assert.ok(annotations?.['summary'], alert);
    assert.ok(annotations['description'], alert);
    assert.ok(runbook.includes(`\n## ${alert}\n`), `docs/guide/runbook.md has no section ${alert}`);
    assert.equal(annotations['runbook'], `docs/guide/runbook.md#${alert?.toLowerCase()}`);
  }
});

test('amtool accepts the configuration of Alertmanager, and routes alerts by severity', async (t) => {
  const amtool = await findProgram('amtool');
  if (amtool === undefined) return needs(t, "amtool of Debian's package prometheus-alertmanager");
  const file = join(root, 'stack/alertmanager/alertmanager.yml');
  const check = await run(amtool, ['check-config', file], root);
  assert.equal(check.code, 0, check.output);
  const severities = ['page', 'ticket'];
  const testRoute = ['config', 'routes', 'test', `--config.file=${file}`];
  const routes = await Promise.all(
    severities.map((severity) => run(amtool, [...testRoute, `severity=${severity}`], root)),
  );
  assert.deepEqual(
    routes.map(({ output }) => output.split('\n')[0]),
    severities,
  );
});
