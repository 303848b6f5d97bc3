import assert from 'node:assert/strict';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { needs } from '../support/needs.ts';
import { findPrometheus, prometheusModule } from '../support/prometheus-programs.ts';
import { findProgram, run } from '../support/run.ts';
import { copyConfiguration, readRules } from './configuration.ts';
import { readCompose, root } from './files.ts';
import { listFaults } from './queries.ts';

// Built on first use.
before(() => findPrometheus(), { timeout: 600_000 });

test('the built Prometheus has the version of docker-compose.yml', async () => {
  const { image = '' } = (await readCompose()).services['prometheus'] ?? {};
  // v3.15.0 is v0.315.0 as a Go module.
  const [, major, minor, patch] = image.match(/:v(\d+)\.(\d+)\.(\d+)\}$/) ?? [];
  assert.equal(prometheusModule.version, `v0.${major}${minor?.padStart(2, '0')}.${patch}`);
});

test('promtool accepts the configuration and its rules', async (t) => {
  const { promtool } = (await findPrometheus()) ?? {};
  if (promtool === undefined) return needs(t, "Go, or Debian's package prometheus");
  const { directory, leftOut } = await copyConfiguration(promtool);
  t.after(() => rm(directory, { recursive: true, force: true }));
  if (leftOut !== '') t.diagnostic(`stand-in: ${leftOut}`);
  const { code, output } = await run(
    promtool,
    ['check', 'config', '--lint=all', 'prometheus.yml'],
    directory,
  );
  assert.equal(code, 0, output);
  assert.match(output, /SUCCESS: prometheus\.yml is valid/);
});

test('the unit tests of the rules pass in promtool', async (t) => {
  const { promtool } = (await findPrometheus()) ?? {};
  if (promtool === undefined) return needs(t, "Go, or Debian's package prometheus");
  const directory = join(root, 'test/stack/rules');
  const tests = (await readdir(directory)).filter((name) => name.endsWith('.yml'));
  assert.ok(tests.length > 0);
  const { code, output } = await run(promtool, ['test', 'rules', ...tests], directory);
  assert.equal(code, 0, output);
});

test('every rule parses with the grammar of PromQL 3', async () => {
  const rules = await readRules();
  assert.ok(rules.length > 0);
  for (const { expr, alert, record } of rules) {
    assert.deepEqual(listFaults({ at: '', language: 'prometheus', text: expr }), [], alert ?? record);
  }
});

test('every alert has a severity, a summary, a description and a runbook', async () => {
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
