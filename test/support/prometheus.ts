import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { Program } from './program.ts';

/** Whether Debian's Prometheus, with promtool, is installed. */
export const prometheusInstalled: boolean =
  spawnSync('prometheus', ['--version']).status === 0 && spawnSync('promtool', ['--version']).status === 0;

/** Output of `promtool check metrics`: empty with status 0 if the metrics are valid. */
export function promtoolCheck(page: string): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: page,
    encoding: 'utf8',
  });
  return { status, output: `${stdout}${stderr}` };
}

/** A sample of an instant query. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** A real Prometheus that scrapes one target every 500 ms and keeps its data in a temporary folder. */
export class Prometheus {
  readonly url: string;
  readonly #program: Program;
  readonly #folder: string;

  private constructor(url: string, program: Program, folder: string) {
    this.url = url;
    this.#program = program;
    this.#folder = folder;
  }

  /**
   * @param target host and port that serve `/metrics`
   * @param flags additional flags
   */
  static async scraping(target: string, flags: readonly string[] = []): Promise<Prometheus> {
    const folder = await mkdtemp(join(tmpdir(), 'sonde-prometheus-'));
    await writeFile(
      join(folder, 'prometheus.yml'),
      `scrape_configs: [{ job_name: test, scrape_interval: 500ms, scrape_timeout: 500ms, static_configs: [{ targets: ['${target}'] }] }]\n`,
    );
    return Prometheus.configured(folder, 'prometheus', flags);
  }

  /**
   * @param folder with a `prometheus.yml` and what it names; it keeps the data too, and is removed at the end
   * @param command its path. @default 'prometheus', Debian's
   * @param flags additional flags
   */
  static async configured(
    folder: string,
    command = 'prometheus',
    flags: readonly string[] = [],
  ): Promise<Prometheus> {
    const port = await freePort();
    const program = new Program(
      command,
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--enable-feature=exemplar-storage',
        ...flags,
      ],
      { cwd: folder },
    );
    await program.printed('Server is ready to receive web requests');
    return new Prometheus(`http://127.0.0.1:${port}`, program, folder);
  }

  /** The result of an instant query. */
  async query(promql: string): Promise<readonly Sample[]> {
    const response = await fetch(`${this.url}/api/v1/query?query=${encodeURIComponent(promql)}`);
    const body = (await response.json()) as { status: string; error?: string; data: { result: Sample[] } };
    if (body.status !== 'success') throw new Error(`${promql}: ${body.error}`);
    return body.data.result;
  }

  /** Repeats the query until it returns a sample. @throws if the signal ends the wait */
  async untilAny(promql: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      const samples = await this.query(promql);
      if (samples.length > 0) return;
      if (signal.aborted) throw new Error(`no sample of ${promql}`);
      await delay(200);
    }
  }

  /** Response of the HTTP API at `/api/v1/${path}`. */
  async api<T>(path: string): Promise<T> {
    const { data } = (await (await fetch(`${this.url}/api/v1/${path}`)).json()) as { data: T };
    return data;
  }

  /** Repeats the query until it returns one sample with this value, bounded by the time limit of the test. */
  async until(promql: string, value: number): Promise<void> {
    for (;;) {
      const [sample, ...more] = await this.query(promql);
      if (more.length > 0) throw new Error(`${promql} gives ${more.length + 1} samples`);
      if (sample !== undefined && Number(sample.value[1]) === value) return;
      await delay(100);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
