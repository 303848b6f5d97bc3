import type {
  sendUnaryData,
  Server as GrpcServer,
  ServerCredentials,
  ServerUnaryCall,
  ServiceDefinition,
  status as Status,
} from '@grpc/grpc-js';
import type { Guard } from '../api/guard.ts';
import type { Signal } from '../otlp/model.ts';
import { maxRequestBytes } from './body.ts';
import type { Intake } from './ingest.ts';
import { resolveAddresses, type Listener, unknownOwner } from './loopback.ts';
import { findPortOwner } from './port-owner.ts';
import type { ReceiverStats } from './receiver-stats.ts';
import { successBody } from './responses.ts';

const services: Readonly<Record<Signal, string>> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
};

/** A stream that never ends is ended with its connection; the clients of gRPC connect again by themselves. */
const limits = {
  'grpc.max_receive_message_length': maxRequestBytes,
  'grpc.max_concurrent_streams': 100,
  'grpc.max_connection_age_ms': 300_000,
  'grpc.max_connection_age_grace_ms': 30_000,
};

/** The number of ports to try. */
const maxAttempts = 20;

const identity = (bytes: Buffer): Buffer => bytes;

/** Defines a service whose messages stay bytes: the intake decodes OTLP of all protocols. */
function createServiceDefinition(path: string): ServiceDefinition {
  return {
    Export: {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: identity,
      requestDeserialize: identity,
      responseSerialize: identity,
      responseDeserialize: identity,
    },
  };
}

type Call = ServerUnaryCall<Buffer, Buffer>;

/**
 * Receives OTLP over gRPC.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#otlpgrpc
 */
export class GrpcReceiver {
  readonly #intake: Intake;
  readonly #guard: Guard;
  readonly #stats: ReceiverStats;

  constructor(intake: Intake, guard: Guard, stats: ReceiverStats) {
    this.#intake = intake;
    this.#guard = guard;
    this.#stats = stats;
  }

  /** Listens on a port, or on the next free one. */
  async listen({ host, port }: { readonly host: string; readonly port: number }): Promise<Listener> {
    // Loaded late, so that commands such as `--help` start without gRPC.
    const grpc = await import('@grpc/grpc-js');
    let takenBy: string | null = null;
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const server = new grpc.Server(limits);
      for (const [signal, path] of Object.entries(services) as [Signal, string][]) {
        server.addService(createServiceDefinition(path), {
          Export: (call: Call, callback: sendUnaryData<Buffer>) =>
            void this.#export(signal, call, callback, grpc.status),
        });
      }
      const credentials = grpc.ServerCredentials.createInsecure();
      const bound = await bind(server, credentials, host, port === 0 ? 0 : port + attempt);
      if (bound !== undefined)
        return { port: bound, wanted: port, takenBy, close: async () => server.forceShutdown() };
      server.forceShutdown();
      if (attempt === 0) takenBy = (await findPortOwner(port)) ?? unknownOwner;
    }
    throw new Error(`no port from ${port} to ${port + maxAttempts - 1} is free for gRPC`);
  }

  async #export(
    signal: Signal,
    call: Call,
    callback: sendUnaryData<Buffer>,
    status: typeof Status,
  ): Promise<void> {
    this.#stats.requests += 1;
    const fail = (code: Status, details: string): void => {
      this.#stats.fail(`${services[signal]}: ${details}`);
      callback({ code, details });
    };
    const [authorization] = call.metadata.get('authorization');
    if (!this.#guard.isAuthorized(authorization === undefined ? undefined : String(authorization))) {
      fail(status.UNAUTHENTICATED, 'the authorization header with the token is missing');
      return;
    }
    if (this.#intake.isBusy()) {
      fail(status.UNAVAILABLE, 'the viewer is busy; try again in a second');
      return;
    }
    try {
      // Copied, because gRPC's buffer may be a view of a larger one.
      const result = await this.#intake.ingest(signal, 'protobuf', new Uint8Array(call.request));
      callback(null, successBody(signal, 'protobuf', result));
    } catch (error) {
      fail(status.INVALID_ARGUMENT, `the message is not valid OTLP: ${(error as Error).message}`);
    }
  }
}

/** Binds all addresses of a host to one port. Resolves to the port; undefined when it is in use on the first address. */
async function bind(
  server: GrpcServer,
  credentials: ServerCredentials,
  host: string,
  port: number,
): Promise<number | undefined> {
  let bound = port;
  for (const [index, address] of resolveAddresses(host).entries()) {
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    const name = address.includes(':') ? `[${address}]` : address;
    server.bindAsync(`${name}:${bound}`, credentials, (error, number) =>
      resolve(error === null ? number : undefined),
    );
    const number = await promise;
    if (number !== undefined) bound = number;
    // A machine without IPv6 can bind only the first address.
    else if (index === 0) return undefined;
  }
  return bound;
}
