import { DevServer, type DevServerOptions } from '../cli/dev-server.ts';
import type { Signal } from '../otlp/model.ts';

/** An answer of the API whose shape the test knows. */
// oxlint-disable-next-line typescript/no-explicit-any -- what a test reads it names in its assertions
export type Json = any;

/** A viewer on free ports, and what a test does with it. */
export class TestViewer {
  readonly server: DevServer;

  private constructor(server: DevServer) {
    this.server = server;
  }

  static async start(options: DevServerOptions = {}): Promise<TestViewer> {
    return new TestViewer(await DevServer.start({ port: 0, otlpPort: 0, grpcPort: undefined, ...options }));
  }

  get url(): string {
    return this.server.url.replace(/\/$/, '');
  }

  get otlpUrl(): string {
    return this.server.otlpUrl;
  }

  /** Sends a request in OTLP's JSON, and waits until queries see it. */
  async send(signal: Signal, request: object): Promise<Json> {
    const response = await fetch(`${this.otlpUrl}/v1/${signal}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(JSON.stringify(answer));
    await this.server.session.store.flush();
    return answer;
  }

  /** Asks the API. */
  async get(path: string, parameters: Readonly<Record<string, string | number>> = {}): Promise<Json> {
    const response = await this.fetch(path, parameters);
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  fetch(
    path: string,
    parameters: Readonly<Record<string, string | number>> = {},
    init: RequestInit = {},
  ): Promise<Response> {
    const query = new URLSearchParams(
      Object.entries(parameters).map(([key, value]): [string, string] => [key, String(value)]),
    );
    return fetch(`${this.url}${path}?${query.toString()}`, init);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}
