import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import type * as GrpcModule from '@grpc/grpc-js';
import { ownRequire, suppressed } from '@sonde/sdk';
import type { AttemptOptions, ExitResponse, SendOutcome, Transport } from '../queue/transport.ts';
import type { WaitingRequest } from '../queue/waiting-request.ts';
import { withAttempt } from './attempt.ts';
import { OtlpExportError } from './export-error.ts';
import { interpretGrpcStatus } from './grpc-status.ts';
import type { OtlpRequest } from './otlp-request.ts';
import { parsePartialSuccess } from './partial-success.ts';
import type { OtlpSignal } from '../signal.ts';
import type { TransportData } from './transport-data.ts';
import { findGrpcRoute, type GrpcRoute } from './grpc-route.ts';
import type { GrpcSettings } from './settings.ts';

const moduleName = '@grpc/grpc-js';
/** Maximum size of a response, as the OTLP specification recommends. */
const maxResponseBytes = 4 * 1024 * 1024;
const statusDetailsKey = 'grpc-status-details-bin';
const services = { traces: 'trace.v1.Trace', metrics: 'metrics.v1.Metrics', logs: 'logs.v1.Logs' } as const;

/** Returns the path of the Export method of a signal. */
function exportMethod(signal: OtlpSignal): string {
  return `/opentelemetry.proto.collector.${services[signal]}Service/Export`;
}

/** Options of {@link GrpcTransport}. */
export interface GrpcTransportOptions {
  readonly signal: OtlpSignal;
  readonly settings: GrpcSettings;
  /** Whether the process may exit during an attempt. */
  readonly unref: boolean;
  /** The route to the endpoint. @default through the proxy of the application, if there is one */
  readonly route?: GrpcRoute;
}

/**
 * Sends requests over OTLP/gRPC with `@grpc/grpc-js`, which is loaded on first use. It uses the proxies in `grpc_proxy`,
 * `https_proxy` and `http_proxy`, or those that Node.js uses for the application.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#otlpgrpc
 */
export class GrpcTransport implements Transport {
  readonly origin: string;
  readonly endpoint: string;
  readonly #signal: OtlpSignal;
  readonly #method: string;
  readonly #settings: GrpcSettings;
  readonly #unref: boolean;
  #route: GrpcRoute | undefined;
  #client: GrpcModule.Client | undefined;
  #metadata: GrpcModule.Metadata | undefined;

  constructor({ signal, settings, unref, route }: GrpcTransportOptions) {
    this.origin = settings.endpoint.origin;
    this.#signal = signal;
    this.#method = exportMethod(signal);
    this.endpoint = this.origin + this.#method;
    this.#settings = settings;
    this.#unref = unref;
    this.#route = route;
  }

  async send(waiting: WaitingRequest, options: AttemptOptions): Promise<SendOutcome> {
    const attempt = (): Promise<SendOutcome> =>
      withAttempt(options, this.#unref, (signal) => this.#attempt(waiting, signal));
    return suppressed(() => (this.#unref ? unreferenced(attempt) : attempt()));
  }

  exitRequest({ body }: WaitingRequest): OtlpRequest | undefined {
    const { endpoint, headers, tls, userAgent } = this.#settings;
    const { target, channelOptions } = this.#findRoute();
    const { isSecure } = endpoint;
    const modulePath = resolveModule();
    if (modulePath === undefined) return undefined;
    const grpc = { modulePath, target, channelOptions, isSecure, method: this.#method, userAgent };
    return { url: this.endpoint, headers, body, tls, grpc };
  }

  readResponse(response: ExitResponse): SendOutcome {
    return readGrpcResponse(response);
  }

  toData(): TransportData {
    return { type: 'grpc', signal: this.#signal, settings: this.#settings, route: this.#findRoute() };
  }

  close(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  #attempt({ body }: WaitingRequest, signal: AbortSignal): Promise<SendOutcome> {
    const { promise, resolve } = Promise.withResolvers<SendOutcome>();
    try {
      signal.throwIfAborted();
      const client = (this.#client ??= this.#connect());
      const metadata = (this.#metadata ??= createMetadata(this.#settings.headers));
      const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
      const call = client.makeUnaryRequest(
        this.#method,
        (request: Buffer) => request,
        (response: Buffer) => response,
        bytes,
        metadata,
        (error, response) => {
          signal.removeEventListener('abort', abort);
          if (error === null) {
            resolve(accepted(response ?? Buffer.alloc(0)));
            return;
          }
          this.#discardUnconnected(client);
          resolve(
            signal.aborted ? failedAttempt(signal) : interpretGrpcStatus(callStatus(error), bytes.length),
          );
        },
      );
      const abort = (): void => {
        call.cancel();
        // A connection without a response may be dead.
        this.#discard(client);
        resolve(failedAttempt(signal));
      };
      signal.addEventListener('abort', abort, { once: true });
    } catch (error) {
      resolve(
        signal.aborted ? failedAttempt(signal) : { status: 'permanent', error: libraryError(error as Error) },
      );
    }
    return promise;
  }

  /** Finds the route on first use, because the application may configure proxies before. */
  #findRoute(): GrpcRoute {
    return (this.#route ??= findGrpcRoute(this.#settings.endpoint));
  }

  #connect(): GrpcModule.Client {
    const { Client, compressionAlgorithms } = loadGrpc();
    const { compression, userAgent } = this.#settings;
    const { target, channelOptions } = this.#findRoute();
    const client = new Client(target, createCredentials(this.#settings), {
      ...channelOptions,
      'grpc.primary_user_agent': userAgent,
      'grpc.max_receive_message_length': maxResponseBytes,
      'grpc.default_compression_algorithm':
        compressionAlgorithms[compression === 'gzip' ? 'gzip' : 'identity'],
      // The application does not share connections with this transport.
      'grpc.use_local_subchannel_pool': 1,
    });
    if (this.#unref) unreferenceCalls(client);
    return client;
  }

  /**
   * Discards a client without a connection: its back-off would fail the next calls. The queue already has a back-off, so
   * the next attempt must connect immediately.
   */
  #discardUnconnected(client: GrpcModule.Client): void {
    const { READY } = loadGrpc().connectivityState;
    if (client.getChannel().getConnectivityState(false) !== READY) this.#discard(client);
  }

  #discard(client: GrpcModule.Client): void {
    if (this.#client === client) this.#client = undefined;
    client.close();
  }
}

/** Interprets the response to a call that another thread made. */
function readGrpcResponse({ statusMessage, headers, body }: ExitResponse): SendOutcome {
  const code = Number(headers['grpc-status'] ?? 2);
  if (code === 0) return accepted(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  const encoded = headers[statusDetailsKey]?.toString();
  const statusDetails = encoded === undefined ? undefined : Buffer.from(encoded, 'base64');
  return interpretGrpcStatus({ code, details: statusMessage, statusDetails }, Infinity);
}

/** Returns the file of the library; undefined if it is not installed. */
function resolveModule(): string | undefined {
  try {
    return ownRequire().resolve(moduleName);
  } catch {
    return undefined;
  }
}

function loadGrpc(): typeof GrpcModule {
  return ownRequire()(moduleName) as typeof GrpcModule;
}

function createCredentials({
  endpoint,
  tls: { ca, cert, key },
}: GrpcSettings): GrpcModule.ChannelCredentials {
  const { credentials } = loadGrpc();
  if (!endpoint.isSecure) return credentials.createInsecure();
  const root = ca === undefined ? null : Buffer.from(ca);
  return cert !== undefined && key !== undefined
    ? credentials.createSsl(root, Buffer.from(key), Buffer.from(cert))
    : credentials.createSsl(root);
}

function createMetadata(headers: Readonly<Record<string, string>>): GrpcModule.Metadata {
  const metadata = new (loadGrpc().Metadata)();
  for (const [name, value] of Object.entries(headers)) {
    metadata.set(name, name.endsWith('-bin') ? Buffer.from(value, 'base64') : value);
  }
  return metadata;
}

function accepted(response: Buffer): SendOutcome {
  const { rejected, message } = parsePartialSuccess(response, 'application/x-protobuf');
  return { status: 'accepted', rejectedCount: rejected, message };
}

function callStatus({
  code,
  details,
  metadata,
}: GrpcModule.ServiceError): Parameters<typeof interpretGrpcStatus>[0] {
  const [statusDetails] = metadata.get(statusDetailsKey);
  return { code, details, statusDetails: Buffer.isBuffer(statusDetails) ? statusDetails : undefined };
}

function failedAttempt(signal: AbortSignal): SendOutcome {
  return { status: 'retryable', error: signal.reason as OtlpExportError };
}

/** Creates the error of a missing library, or of a certificate or header that the library rejects. */
function libraryError(cause: Error): OtlpExportError {
  const [message = ''] = cause.message.split('\n', 1);
  return new OtlpExportError('SONDE_OTLP_CONNECTION', message, { cause });
}

/** Set during an attempt that must not keep the process alive. */
const isUnreferenced = new AsyncLocalStorage<true>();
let isSubscribed = false;

/** Runs an attempt whose sockets do not keep the process alive; the library has no option for this. */
function unreferenced<T>(run: () => T): T {
  if (!isSubscribed) {
    isSubscribed = true;
    subscribe('net.client.socket', (message) => {
      if (isUnreferenced.getStore() !== true) return;
      const { socket } = message as { readonly socket: Socket };
      socket.unref();
      // The library calls `ref` for each call.
      socket.ref = () => socket;
    });
  }
  return isUnreferenced.run(true, run);
}

/** Disables the timer with which the library keeps the process alive while a call waits for its connection. */
function unreferenceCalls(client: GrpcModule.Client): void {
  const { internalChannel } = client.getChannel() as { internalChannel?: { callRefTimerRef?: () => void } };
  if (typeof internalChannel?.callRefTimerRef === 'function') internalChannel.callRefTimerRef = () => {};
}
