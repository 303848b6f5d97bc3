import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { Program } from './program.ts';

/** What Alertmanager tells a webhook of one alert. */
export interface Alert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A webhook that keeps what it is told. */
export class Webhook implements AsyncDisposable {
  readonly alerts: Alert[] = [];
  readonly #told = new EventEmitter();
  readonly #server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => {
      const { alerts }: { alerts: Alert[] } = JSON.parse(Buffer.concat(chunks).toString());
      this.alerts.push(...alerts);
      response.end();
      this.#told.emit('more');
    });
  });

  readonly url: string;

  private constructor(port: number) {
    this.url = `http://127.0.0.1:${port}/`;
  }

  static async start(): Promise<Webhook> {
    const port = await freePort();
    const webhook = new Webhook(port);
    webhook.#server.listen(port, '127.0.0.1');
    await once(webhook.#server, 'listening');
    return webhook;
  }

  /** Waits for an alert that fits. @throws with what was told instead when the signal ends the wait */
  async until(signal: AbortSignal, fits: (alert: Alert) => boolean): Promise<Alert> {
    for (;;) {
      const found = this.alerts.find(fits);
      if (found !== undefined) return found;
      try {
        // oxlint-disable-next-line no-await-in-loop
        await once(this.#told, 'more', { signal });
      } catch (cause) {
        throw new Error(`told only of ${JSON.stringify(this.alerts.map(({ labels }) => labels))}`, { cause });
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** A real Alertmanager. */
export class Alertmanager implements AsyncDisposable {
  /** `127.0.0.1:9093` */
  readonly address: string;
  readonly #program: Program;
  readonly #folder: string;

  private constructor(address: string, program: Program, folder: string) {
    this.address = address;
    this.#program = program;
    this.#folder = folder;
  }

  /** @param command its path @param config the text of its configuration */
  static async start(command: string, config: string): Promise<Alertmanager> {
    const folder = await mkdtemp(join(tmpdir(), 'sonde-alertmanager-'));
    const file = join(folder, 'alertmanager.yml');
    await writeFile(file, config);
    const address = `127.0.0.1:${await freePort()}`;
    const program = new Program(
      command,
      [
        `--config.file=${file}`,
        `--storage.path=${join(folder, 'data')}`,
        `--web.listen-address=${address}`,
        '--cluster.listen-address=',
      ],
      { cwd: folder },
    );
    await program.printed('Listening');
    return new Alertmanager(address, program, folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
