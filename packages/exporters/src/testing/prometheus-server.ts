import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A reason to skip when a program is missing; on CI its absence is a failure. */
export function missing(program: string): string | false {
  if (spawnSync('which', [program]).status === 0) return false;
  if (process.env['CI'] === 'true') throw new Error(`${program} is needed on CI`);
  return `${program} is not installed`;
}

/** The output of `promtool check metrics`; '' if there are no problems. */
export function promtoolComplaints(exposition: string): string {
  const { status, stderr, stdout } = spawnSync('promtool', ['check', 'metrics'], {
    input: exposition,
    encoding: 'utf8',
  });
  return status === 0 ? '' : `${stdout}${stderr}`;
}

/** A Prometheus server that scrapes one target. */
export class PrometheusServer implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #origin: string;

  private constructor(process: ChildProcess, folder: string, origin: string) {
    this.#process = process;
    this.#folder = folder;
    this.#origin = origin;
  }

  /** Scrapes `http://<target>/metrics` every second. */
  static async start(target: string, features = 'exemplar-storage'): Promise<PrometheusServer> {
    const folder = mkdtempSync(join(tmpdir(), 'sonde-prometheus-'));
    const config = {
      global: { scrape_interval: '1s', scrape_timeout: '1s' },
      scrape_configs: [{ job_name: 'test', static_configs: [{ targets: [target] }] }],
    };
    writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
    const process = spawn(
      'prometheus',
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        '--web.listen-address=127.0.0.1:0',
        `--enable-feature=${features}`,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const log: string[] = [];
    for await (const line of createInterface(process.stderr)) {
      log.push(line);
      const address = /msg="Listening on" address=(\S+)/.exec(line)?.[1];
      if (address === undefined) continue;
      process.stderr.resume();
      return new PrometheusServer(process, folder, `http://${address}`);
    }
    throw new Error(`prometheus did not start: ${log.join('\n')}`);
  }

  /** The answer of an API path, such as `/api/v1/query?query=up`; its `data`. */
  async api(path: string): Promise<unknown> {
    const response = await fetch(`${this.#origin}${path}`);
    const body: unknown = await response.json();
    if (!isSuccess(body)) throw new Error(`prometheus answers ${JSON.stringify(body)}`);
    return body.data;
  }

  /** The values of an instant query by the text of their labels. */
  async query(query: string): Promise<Map<string, string>> {
    const data = await this.api(`/api/v1/query?${new URLSearchParams({ query }).toString()}`);
    const values = new Map<string, string>();
    if (!isVector(data)) throw new Error(`no vector: ${JSON.stringify(data)}`);
    for (const { metric, value, histogram } of data.result) {
      values.set(JSON.stringify(metric), value?.[1] ?? JSON.stringify(histogram?.[1]));
    }
    return values;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function isSuccess(body: unknown): body is { data: unknown } {
  return (
    typeof body === 'object' &&
    body !== null &&
    'status' in body &&
    body.status === 'success' &&
    'data' in body
  );
}

interface Vector {
  readonly result: readonly {
    metric: Record<string, string>;
    value?: [number, string];
    histogram?: [number, unknown];
  }[];
}

function isVector(data: unknown): data is Vector {
  return typeof data === 'object' && data !== null && 'resultType' in data && data.resultType === 'vector';
}
