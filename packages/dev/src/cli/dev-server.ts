import { randomBytes } from 'node:crypto';
import { Guard, isLoopback } from '../api/guard.ts';
import { createViewer } from '../api/viewer.ts';
import { GrpcReceiver } from '../receiver/grpc-receiver.ts';
import { HttpReceiver } from '../receiver/http-receiver.ts';
import { type Listener, listen } from '../receiver/loopback.ts';
import { Forwarder } from '../session/forwarder.ts';
import { Live } from '../session/live.ts';
import { Session } from '../session/session.ts';
import type { FullText } from '../store/schema.ts';
import { Store } from '../store/store.ts';

export interface DevServerOptions {
  /** The address that everything listens on. @default 'localhost', both loopback families */
  readonly host?: string | undefined;
  /** The port of the viewer; 0 is any free one. @default 4320 */
  readonly port?: number | undefined;
  /** The port of OTLP over HTTP; 0 is any free one. @default 4318 */
  readonly otlpPort?: number | undefined;
  /** The port of OTLP over gRPC; 0 is any free one, undefined is none. */
  readonly grpcPort?: number | undefined;
  readonly file?: string | undefined;
  readonly maxBytes?: number | undefined;
  readonly maxAgeMs?: number | undefined;
  /** How log records are searched for text. @default 'fts5', where there is one */
  readonly fullText?: FullText | undefined;
  readonly forward?: string | undefined;
  readonly editor?: string | null | undefined;
  /** Only sources below it are shown. @default the working directory */
  readonly sourceDirectory?: string | undefined;
}

/** A viewer that runs: the store, the receivers, the API and the page. */
export class DevServer {
  readonly session: Session;
  readonly token: string | undefined;
  readonly #live: Live;
  readonly #listeners: readonly Listener[];

  private constructor(
    session: Session,
    live: Live,
    token: string | undefined,
    listeners: readonly Listener[],
  ) {
    this.session = session;
    this.token = token;
    this.#live = live;
    this.#listeners = listeners;
  }

  /** Starts it. @throws {Error} when its file cannot be used, or no port is free */
  static async start(options: DevServerOptions = {}): Promise<DevServer> {
    const { host = 'localhost', port = 4320, otlpPort = 4318, grpcPort } = options;
    const {
      file,
      maxBytes,
      maxAgeMs,
      fullText,
      editor = null,
      sourceDirectory = process.cwd(),
      forward,
    } = options;
    const store = await Store.open({ file, maxBytes, maxAgeMs, fullText });
    const forwarder = forward === undefined ? undefined : new Forwarder(forward);
    const session = new Session(store, { editor, sourceDirectory }, forwarder);
    const live = new Live(session);
    const token = isLoopback(host) ? undefined : randomBytes(24).toString('base64url');
    const guard = new Guard(host, token);
    const listeners: Listener[] = [];
    try {
      const http = new HttpReceiver(session, guard, session.stats.http);
      const receiver = await listen(() => http.createServer(), { host, port: otlpPort });
      listeners.push(receiver);
      session.servers.http = receiver;
      if (grpcPort !== undefined) {
        const grpc = await new GrpcReceiver(session, guard, session.stats.grpc).listen({
          host,
          port: grpcPort,
        });
        listeners.push(grpc);
        session.servers.grpc = grpc;
      }
      const viewer = await listen(createViewer({ session, live, guard }), { host, port });
      listeners.push(viewer);
      const name = host === '0.0.0.0' || host === '::' || isLoopback(host) ? 'localhost' : host;
      const query = token === undefined ? '' : `?token=${token}`;
      session.servers.viewer = { ...viewer, url: `http://${name}:${viewer.port}/${query}` };
      return new DevServer(session, live, token, listeners);
    } catch (error) {
      live.close();
      await Promise.all(listeners.map((listener) => listener.close()));
      await store[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The address of the page. */
  get url(): string {
    return this.session.servers.viewer?.url ?? '';
  }

  /** The endpoint for OTLP over HTTP. */
  get otlpUrl(): string {
    return `http://localhost:${this.session.servers.http?.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#live.close();
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    await this.session.forwarder?.flush();
    this.session.forwarder?.close();
    await this.session.store[Symbol.asyncDispose]();
  }
}
