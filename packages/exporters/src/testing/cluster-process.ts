import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

import { parseOpenMetrics, type OpenMetricsSample } from './openmetrics.ts';
import { openMetricsAccept } from './served-exporter.ts';

/** An event of the primary. */
interface ClusterMessage {
  readonly type: 'exit' | 'listening' | 'metrics';
  readonly pid?: number;
  readonly start?: { readonly url?: string };
}

/** A cluster in separate processes. */
export class ClusterProcess implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #appUrl: string;
  readonly pids: Set<number> = new Set();
  metricsUrl = '';

  private constructor(process: ChildProcess, appUrl: string) {
    this.#process = process;
    this.#appUrl = appUrl;
    process.on('message', (message: ClusterMessage) => {
      if (message.type === 'listening' && message.pid !== undefined) this.pids.add(message.pid);
      if (message.type === 'exit' && message.pid !== undefined) this.pids.delete(message.pid);
      if (message.type === 'metrics') this.metricsUrl = message.start?.url ?? '';
    });
  }

  /** Resolves when every worker listens. */
  static async start(workers: number, env: Record<string, string> = {}): Promise<ClusterProcess> {
    const port = await freePort();
    const child = fork(fileURLToPath(new URL('cluster-app.ts', import.meta.url)), {
      execArgv: ['--conditions=@sonde/source'],
      env: { ...process.env, APP_PORT: String(port), WORKERS: String(workers), ...env },
      stdio: ['ignore', 'inherit', 'ignore', 'ipc'],
    });
    const started = new ClusterProcess(child, `http://127.0.0.1:${port}`);
    await started.until(() => started.pids.size === workers);
    return started;
  }

  /** Resolves when the condition holds after some message of the primary. */
  async until(condition: () => boolean): Promise<void> {
    if (condition()) return;
    await once(this.#process, 'message');
    await this.until(condition);
  }

  /** Sends requests sequentially; resolves with the number of responses. */
  async request(count: number, path = '/work'): Promise<number> {
    if (count === 0) return 0;
    // A connection that the primary hands to a dying worker is never answered.
    const signal = AbortSignal.timeout(1000);
    const isAnswered = await fetch(this.#appUrl + path, { signal }).then(
      async (response) => (await response.text()) !== '',
      () => false,
    );
    return Number(isAnswered) + (await this.request(count - 1, path));
  }

  /** The body of one answer. */
  async text(path: string): Promise<string> {
    const response = await fetch(this.#appUrl + path);
    return response.text();
  }

  async samples(): Promise<OpenMetricsSample[]> {
    const response = await fetch(this.metricsUrl, { headers: { accept: openMetricsAccept } });
    return parseOpenMetrics(await response.text()).flatMap(({ samples }) => samples);
  }

  /** The process that serves the endpoint. */
  async leader(): Promise<number> {
    const samples = await this.samples();
    return samples.find(({ name, labels }) => name === 'pid' && labels.get('worker') === '0')?.value ?? NaN;
  }

  /** Resolves when the aggregator has this many workers. */
  async untilLed(workers: number): Promise<void> {
    const count = await this.sum('sonde_cluster_workers').catch(() => NaN);
    if (count !== workers) await this.untilLed(workers);
  }

  /** The sum of the values of a sample in all its series. */
  async sum(name: string): Promise<number> {
    const samples = await this.samples();
    return samples.filter((sample) => sample.name === name).reduce((sum, { value }) => sum + value, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
    for (const pid of this.pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        continue;
      }
    }
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}
