import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { Alertmanager, Webhook } from '../support/alertmanager.ts';
import { buildCollector, collectorPlaces, startCollector } from '../support/collector.ts';
import { startHello } from '../support/example.ts';
import { freePort } from '../support/free-port.ts';
import { Load } from '../support/load.ts';
import { needs } from '../support/needs.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import { Program } from '../support/program.ts';
import { Prometheus } from '../support/prometheus.ts';
import { findProgram } from '../support/run.ts';
import { copyConfiguration, hurry, type PrometheusConfig, readRules } from './configuration.ts';
import { readYaml } from './files.ts';
import { metricsOf, type Query, queriesOf, readPages } from './queries.ts';

const timeout = 120_000;

/** How long one thing may take to be seen. */
const soon = (): AbortSignal => AbortSignal.timeout(40_000);

/** The stack's configuration with what is on this machine in the place of containers, faster. */
const onThisMachine =
  (targets: Readonly<Record<string, string>>, alertmanagers: readonly string[]) =>
  (config: PrometheusConfig): PrometheusConfig => ({
    ...config,
    global: { scrape_interval: '2s', scrape_timeout: '2s', evaluation_interval: '1s' },
    alerting: { alertmanagers: [{ static_configs: [{ targets: alertmanagers }] }] },
    scrape_configs: config.scrape_configs
      .filter(({ job_name }) => job_name in targets)
      .map((scrape) =>
        Object.assign(scrape, {
          dns_sd_configs: undefined,
          static_configs: [{ targets: [targets[scrape.job_name]] }],
        }),
      ),
  });

/** The Collector counts these from their first failure on. */
const onlyAfterFailure = /^otelcol_exporter_(enqueue|send)_failed_/;

interface RuleState {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly name: string;
      readonly health: string;
      readonly lastError?: string;
    }[];
  }[];
}

test('every panel and every rule shows data of the example under load', { timeout }, async (t) => {
  const promtool = await findProgram('promtool');
  if (promtool === undefined) return needs(t, "promtool and prometheus of Debian's package prometheus");
  const go = await findProgram('go');
  if (go === undefined) return needs(t, 'Go, to build the Collector');

  await using backEnd = await OtlpSink.start();
  const places = await collectorPlaces(backEnd.url);
  t.after(() => rm(places.storage, { recursive: true, force: true }));
  await using collector = await startCollector(await buildCollector(go), places);
  const { program, url, metricsUrl } = await startHello('', {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${places.otlpPort}`,
    OTEL_METRIC_EXPORT_INTERVAL: '1000',
    OTEL_METRIC_EXPORT_TIMEOUT: '1000',
  });
  await using running = program;
  const targets = { hello: new URL(metricsUrl).host, collector: `127.0.0.1:${places.metricsPort}` };
  const configuration = await copyConfiguration(promtool, onThisMachine(targets, []));
  if (configuration.leftOut !== '') t.diagnostic(`stand-in: ${configuration.leftOut}`);
  await using prometheus = await Prometheus.configured(configuration.directory);
  await using load = new Load(url, ['/', '/users/7', '/slow', '/fail']);

  void [collector, running, load];
  const rules = await readRules();
  const pages = await readPages();
  const queries: readonly Query[] = pages
    .flatMap(queriesOf)
    .filter(({ language }) => language === 'prometheus');
  const shown = [...queries.map(({ text }) => text), ...rules.flatMap(({ record }) => record ?? [])];
  const waiting = shown.map(async (text) => {
    await prometheus.untilAny(text.replaceAll('[1m]', '[10s]'), soon());
    return text;
  });
  assert.equal((await Promise.all(waiting)).length, shown.length);

  const metrics = new Set(await prometheus.api<string[]>('label/__name__/values'));
  const asked = [...queries.map(({ text }) => text), ...rules.map(({ expr }) => expr)].flatMap(metricsOf);
  const unknown = asked.filter((metric) => !metrics.has(metric) && !onlyAfterFailure.test(metric));
  assert.deepEqual(unknown, [], 'metrics that nothing emits');

  const { groups } = await prometheus.api<RuleState>('rules');
  const states = groups.flatMap((group) => group.rules);
  assert.equal(states.length, rules.length);
  assert.deepEqual(
    states.filter(({ health }) => health !== 'ok'),
    [],
  );
});

test('a fault makes its alert fire, and Alertmanager tells the webhook', { timeout }, async (t) => {
  const promtool = await findProgram('promtool');
  if (promtool === undefined) return needs(t, "promtool and prometheus of Debian's package prometheus");
  const command = (await findProgram('prometheus-alertmanager')) ?? (await findProgram('alertmanager'));
  if (command === undefined) return needs(t, "Debian's package prometheus-alertmanager");

  const [port, metricsPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  await using service = new Program(
    process.execPath,
    ['--conditions=@sonde/source', '--require', './instrument.ts', 'app.ts'],
    {
      cwd: join(import.meta.dirname, 'faulty'),
      env: {
        PORT: String(port),
        METRICS_PORT: String(metricsPort),
        OTEL_TRACES_EXPORTER: 'none',
        OTEL_LOGS_EXPORTER: 'none',
        OTEL_METRICS_EXPORTER: 'none',
      },
    },
  );
  await service.printed('Listening on');

  await using webhook = await Webhook.start();
  const routes = await readYaml<{ route: object; receivers: { name: string }[] }>(
    'stack/alertmanager/alertmanager.yml',
  );
  await using alertmanager = await Alertmanager.start(
    command,
    stringify({
      ...routes,
      route: { ...routes.route, group_wait: '1s', group_interval: '1s' },
      receivers: routes.receivers.map(({ name }) => ({ name, webhook_configs: [{ url: webhook.url }] })),
    }),
  );
  const targets = { hello: `localhost:${metricsPort}` };
  const configuration = await copyConfiguration(promtool, onThisMachine(targets, [alertmanager.address]));
  await hurry(configuration, '0s');
  await using prometheus = await Prometheus.configured(configuration.directory);

  void prometheus;
  const fires = (alertname: string, sloth_slo?: string): Promise<unknown> =>
    webhook.until(
      soon(),
      ({ status, labels }) =>
        status === 'firing' && labels['alertname'] === alertname && labels['sloth_slo'] === sloth_slo,
    );
  /** Asks for these paths, each by a client of its own, until it is known. */
  const under = async (paths: readonly string[], known: () => Promise<unknown>): Promise<void> => {
    await using load = new Load(url, paths);
    await known();
    void load;
  };

  await under(['/slow', '/slow'], () => fires('ErrorBudgetBurnsFast', 'latency'));
  await under(['/', '/fail'], () => fires('ErrorBudgetBurnsFast', 'availability'));
  await under(['/block'], () => fires('EventLoopBlocked'));
  service.kill('SIGKILL');
  const down = webhook.until(soon(), ({ labels }) => labels['alertname'] === 'TargetDown');
  assert.equal((await down).labels['severity'], 'page');
});
