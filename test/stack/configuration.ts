import { cp, mkdtemp, readdir, writeFile, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { run } from '../support/run.ts';
import { readYaml, root } from './files.ts';

/** The parts of prometheus.yml that the tests read. */
export interface PrometheusConfig {
  readonly global: Readonly<Record<string, string>>;
  readonly scrape_configs: readonly ScrapeConfig[];
  readonly otlp?: unknown;
  readonly [key: string]: unknown;
}

interface ScrapeConfig {
  readonly job_name: string;
  readonly [key: string]: unknown;
}

/** Settings that require Prometheus 3. */
const onlyInPrometheus3 = ['scrape_native_histograms', 'always_scrape_classic_histograms'];

/** Copy of the Prometheus configuration for the installed version. */
export interface Configuration {
  readonly directory: string;
  /** Description of removed settings; empty for Prometheus 3. */
  readonly leftOut: string;
}

/**
 * Copies `stack/prometheus` to a temporary directory; under Prometheus 2, without unsupported settings.
 *
 * @param adapt changes the configuration further
 */
export async function copyConfiguration(
  promtool: string,
  adapt: (config: PrometheusConfig) => PrometheusConfig = (config) => config,
): Promise<Configuration> {
  const directory = await mkdtemp(join(tmpdir(), 'sonde-prometheus-'));
  await cp(join(root, 'stack/prometheus'), directory, { recursive: true });
  const { output } = await run(promtool, ['--version'], root);
  const old = output.includes('version 2.');
  const config = adapt(await readYaml<PrometheusConfig>('stack/prometheus/prometheus.yml'));
  await writeFile(join(directory, 'prometheus.yml'), stringify(old ? forPrometheus2(config) : config));
  const leftOut = old ? `Prometheus 2, without otlp, ${onlyInPrometheus3.join(', ')}` : '';
  return { directory, leftOut };
}

function forPrometheus2(config: PrometheusConfig): PrometheusConfig {
  const scrapes = config.scrape_configs.map((scrape) => ({
    ...without(scrape, onlyInPrometheus3),
    job_name: scrape.job_name,
  }));
  return { ...config, otlp: undefined, scrape_configs: scrapes };
}

function without(object: object, keys: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

/** A recording or an alerting rule. */
export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Every rule of the stack. */
export async function readRules(): Promise<readonly Rule[]> {
  const files = await readdir(join(root, 'stack/prometheus/rules'));
  const groups = await Promise.all(
    files.map((file) => readYaml<{ groups: { rules: Rule[] }[] }>(`stack/prometheus/rules/${file}`)),
  );
  return groups.flatMap((file) => file.groups.flatMap(({ rules }) => rules));
}

/** Makes the alerts of a copied configuration fire after `duration`. */
export async function hurry({ directory }: Configuration, duration: string): Promise<void> {
  const files = await readdir(join(directory, 'rules'));
  await Promise.all(
    files.map(async (file) => {
      const path = join(directory, 'rules', file);
      await writeFile(path, (await readFile(path, 'utf8')).replaceAll(/for: \d+[sm]/g, `for: ${duration}`));
    }),
  );
}
