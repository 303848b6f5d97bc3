import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { Alertmanager } from '../support/alertmanager.ts';
import { buildCollector, collectorPlaces, startCollector } from '../support/collector.ts';
import { freePort } from '../support/free-port.ts';
import { Load } from '../support/load.ts';
import { needs } from '../support/needs.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import { Prometheus } from '../support/prometheus.ts';
import { findPrometheus } from '../support/prometheus-programs.ts';
import { findProgram } from '../support/run.ts';
import { injectFaults, type Shop, startShop, startShopLoad, startShopService } from '../support/shop.ts';
import { copyConfiguration, hurry, type PrometheusConfig, readRules } from './configuration.ts';
import { readDataSources, root } from './files.ts';
import { listCorrelations, createMetrics, listQueries, readPages } from './queries.ts';

const timeout = 180_000;
const jobs = ['gateway', 'catalogue', 'orders'] as const;

// Built on first use; tests report missing programs.
before(
  async () => {
    await findPrometheus();
    const go = await findProgram('go');
    if (go !== undefined) await buildCollector(go).catch(() => undefined);
  },
  { timeout: 600_000 },
);

/** Time limit of a single wait. */
const soon = (): AbortSignal => AbortSignal.timeout(60_000);

/** Where Prometheus finds the services of a shop. */
const scrapeTargets = (shop: Shop): Readonly<Record<string, string>> =>
  Object.fromEntries(jobs.map((job) => [job, shop[job].metricsAddress]));

/** Configuration of the stack with local programs instead of containers and shorter intervals. */
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

test('every panel and rule returns data of the shop under load', { timeout }, async (t) => {
  const programs = await findPrometheus();
  if (programs === undefined) return needs(t, "Go, or Debian's package prometheus");
  const go = await findProgram('go');
  if (go === undefined) return needs(t, 'Go, to build the Collector');

  await using backEnd = await OtlpSink.start();
  const places = await collectorPlaces(backEnd.url);
  t.after(() => rm(places.storage, { recursive: true, force: true }));
  await using collector = await startCollector(await buildCollector(go), places);
  await using shop = await startShop(() => ({
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${places.otlpPort}`,
    OTEL_METRIC_EXPORT_INTERVAL: '1000',
    OTEL_METRIC_EXPORT_TIMEOUT: '1000',
    FAULT_ERRORS: '0.02',
    FAULT_SLOW: '0.02',
  }));
  const targets = { ...scrapeTargets(shop), collector: `127.0.0.1:${places.metricsPort}` };
  const configuration = await copyConfiguration(programs.promtool, onThisMachine(targets, []));
  if (configuration.leftOut !== '') t.diagnostic(`stand-in: ${configuration.leftOut}`);
  await using prometheus = await Prometheus.configured(configuration.directory, programs.prometheus);
  await using load = startShopLoad({ SHOP_URL: shop.gateway.url, LOAD_RATE: '20', LOAD_SECONDS: '120' });

  void [collector, load];
  const rules = await readRules();
  const pages = await readPages();
  const links = (await readDataSources()).flatMap(listCorrelations);
  const queries = [...jobs.flatMap((job) => pages.flatMap((page) => listQueries(page, job))), ...links]
    .filter(({ language }) => language === 'prometheus')
    .map(({ text }) => text);
  const shown = new Set([...queries, ...rules.flatMap(({ record }) => record ?? [])]);
  const waiting = [...shown].map(async (text) => {
    await prometheus.untilAny(text.replaceAll('[1m]', '[10s]'), soon());
    return text;
  });
  assert.equal((await Promise.all(waiting)).length, shown.size);

  const metrics = new Set(await prometheus.api<string[]>('label/__name__/values'));
  const asked = [...queries, ...rules.map(({ expr }) => expr)].flatMap(createMetrics);
  const unknown = asked.filter((metric) => !metrics.has(metric) && !onlyAfterFailure.test(metric));
  assert.deepEqual([...new Set(unknown)], [], 'metrics that nothing emits');

  const { groups } = await prometheus.api<RuleState>('rules');
  const states = groups.flatMap((group) => group.rules);
  assert.equal(states.length, rules.length);
  assert.deepEqual(
    states.filter(({ health }) => health !== 'ok'),
    [],
  );
});

test('scraped metrics and metrics over OTLP have the same names', { timeout }, async (t) => {
  const programs = await findPrometheus();
  if (programs === undefined) return needs(t, "Go, or Debian's package prometheus");
  const go = await findProgram('go');
  if (go === undefined) return needs(t, 'Go, to build the Collector');

  const metricsPort = await freePort();
  const targets = { catalogue: `localhost:${metricsPort}` };
  const configuration = await copyConfiguration(programs.promtool, onThisMachine(targets, []));
  if (configuration.leftOut !== '') return needs(t, 'Prometheus 3, which takes OTLP');
  const flags = ['--web.enable-otlp-receiver'];
  await using prometheus = await Prometheus.configured(configuration.directory, programs.prometheus, flags);
  const places = await collectorPlaces(`${prometheus.url}/api/v1/otlp`);
  t.after(() => rm(places.storage, { recursive: true, force: true }));
  await using collector = await startCollector(await buildCollector(go), places);
  const { program, url } = await startShopService('catalogue', {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${places.otlpPort}`,
    OTEL_EXPORTER_PROMETHEUS_PORT: String(metricsPort),
    OTEL_METRIC_EXPORT_INTERVAL: '1000',
    OTEL_METRIC_EXPORT_TIMEOUT: '1000',
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
  });
  await using service = program;
  await using load = new Load(url, ['/products']);

  void [collector, service, load];
  const scraped = `instance="${targets.catalogue}"`;
  const sent = `instance!="${targets.catalogue}", instance!=""`;
  const last = 'v8js_gc_duration_seconds_count';
  await prometheus.untilAny(`${last}{job="catalogue", ${scraped}}`, soon());
  await prometheus.untilAny(`${last}{job="catalogue", ${sent}}`, soon());
  const names = async (road: string): Promise<readonly string[]> => {
    const series = await prometheus.query(`count by (__name__) ({job="catalogue", ${road}})`);
    return series
      .map(({ metric }) => metric['__name__'] ?? '')
      .filter((name) => !/^(up$|scrape_|target_info$)/.test(name))
      .toSorted();
  };
  const fromPage = await names(scraped);
  assert.ok(fromPage.includes('http_server_request_duration_seconds_bucket'));
  // A metric can arrive on one path slightly earlier than on the other.
  const everywhere = async (all: readonly string[], road: string): Promise<readonly void[]> =>
    Promise.all(all.map((name) => prometheus.untilAny(`${name}{job="catalogue", ${road}}`, soon())));
  await everywhere(fromPage, sent);
  await everywhere(await names(sent), scraped);
});

/** Routes and receivers of the stack, with the address of the pager and without waiting times. */
async function alertRoutes(pagerUrl: string): Promise<string> {
  const text = await readFile(join(root, 'stack/alertmanager/alertmanager.yml'), 'utf8');
  assert.ok(text.includes('http://pager:8000/'));
  const config: { route: object } = parse(text.replaceAll('http://pager:8000/', `${pagerUrl}/`));
  return stringify({ ...config, route: { ...config.route, group_wait: '1s', group_interval: '1s' } });
}

test('a fault fires its alert, and Alertmanager notifies the pager', { timeout }, async (t) => {
  const programs = await findPrometheus();
  if (programs === undefined) return needs(t, "Go, or Debian's package prometheus");
  const command = (await findProgram('prometheus-alertmanager')) ?? (await findProgram('alertmanager'));
  if (command === undefined) return needs(t, "Debian's package prometheus-alertmanager");

  await using backEnd = await OtlpSink.start();
  const pager = await startShopService('pager', { OTEL_EXPORTER_OTLP_ENDPOINT: backEnd.url });
  await using pagerProgram = pager.program;
  const off = { OTEL_TRACES_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' };
  await using shop = await startShop(() => off);
  await using alertmanager = await Alertmanager.start(command, await alertRoutes(pager.url));
  const adapt = onThisMachine(scrapeTargets(shop), [alertmanager.address]);
  const configuration = await copyConfiguration(programs.promtool, adapt);
  await hurry(configuration, '0s');
  await using prometheus = await Prometheus.configured(configuration.directory, programs.prometheus);

  void [pagerProgram, prometheus];
  /** Waits until the pager has logged that an alert fires. */
  const paged = (name: string, job: string, objective?: string): Promise<unknown> =>
    backEnd.until(({ logs }) =>
      logs.find(
        ({ name: message, attributes }) =>
          message.startsWith('firing: ') &&
          attributes['alert.name'] === name &&
          attributes['alert.service'] === job &&
          attributes['alert.objective'] === objective,
      ),
    );
  /** Injects faults into the catalogue under load, until the conditions are met. */
  const under = async (
    faults: Parameters<typeof injectFaults>[1],
    known: readonly Promise<unknown>[],
  ): Promise<void> => {
    await injectFaults(shop.catalogue, faults);
    // One client, so that scrapes run between two blocks.
    await using load = new Load(shop.gateway.url, ['/products']);
    await Promise.all(known);
    void load;
  };

  await under({ errors: 0, slow: 1, blocked: 0 }, [
    paged('ErrorBudgetBurnsFast', 'catalogue', 'latency'),
    paged('ErrorBudgetBurnsFast', 'gateway', 'latency'),
  ]);
  await under({ errors: 0.5, slow: 0, blocked: 0 }, [
    paged('ErrorBudgetBurnsFast', 'catalogue', 'availability'),
    paged('ErrorBudgetBurnsFast', 'gateway', 'availability'),
  ]);
  await under({ errors: 0, slow: 0, blocked: 1 }, [paged('EventLoopBlocked', 'catalogue')]);
  shop.orders.program.kill('SIGKILL');
  await paged('TargetDown', 'orders');
});
