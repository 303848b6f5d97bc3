import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js';

/** A call that arrived. */
export interface ArrivedCall {
  readonly method: string;
  readonly metadata: Metadata;
  readonly body: Buffer;
}

/** A failure to answer with. */
export interface CallFailure {
  readonly code: number;
  readonly details?: string;
  /** The bytes of a `google.rpc.Status`. */
  readonly statusDetails?: Buffer;
}

/** Answers a call: with the bytes of a response, a failure, or not at all. `count` is the number of calls with it. */
type Answer = (count: number, call: ArrivedCall) => Buffer | CallFailure | undefined;

const packages = { trace: 'v1.Trace', metrics: 'v1.Metrics', logs: 'v1.Logs' };

/** A server of OTLP over gRPC, by the library of the protocol, with responses chosen by the test. */
export class GrpcReceiver implements AsyncDisposable {
  readonly arrived: ArrivedCall[] = [];
  readonly port: number;
  readonly #server: Server;
  readonly #waiting: (() => void)[] = [];

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /**
   * Listens on a free port of the loopback interface.
   *
   * @param options.address another address to listen on: `unix:receiver.sock`
   */
  static async start(
    answer: Answer = () => Buffer.alloc(0),
    options: {
      readonly address?: string;
      readonly credentials?: ServerCredentials;
      readonly maxRequestBytes?: number;
    } = {},
  ): Promise<GrpcReceiver> {
    const { address = '127.0.0.1:0', credentials = ServerCredentials.createInsecure() } = options;
    const server = new Server({ 'grpc.max_receive_message_length': options.maxRequestBytes ?? -1 });
    let receiver: GrpcReceiver | undefined;
    for (const [name, service] of Object.entries(packages)) {
      const path = `/opentelemetry.proto.collector.${name}.${service}Service/Export`;
      server.addService(exportService(path), {
        export: (call: ServerUnaryCall<Buffer, Buffer>, respond: sendUnaryData<Buffer>) =>
          receiver?.receive(path, call, respond, answer),
      });
    }
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(address, credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
    });
    return (receiver = new GrpcReceiver(server, port));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Waits until that many calls have arrived. */
  async received(count: number): Promise<void> {
    while (this.arrived.length < count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      await promise;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown();
  }

  receive(
    method: string,
    { request: body, metadata }: ServerUnaryCall<Buffer, Buffer>,
    respond: sendUnaryData<Buffer>,
    answer: Answer,
  ): void {
    const call = { method, metadata, body };
    this.arrived.push(call);
    for (const resolve of this.#waiting.splice(0)) resolve();
    const response = answer(this.arrived.length, call);
    if (response === undefined) return;
    if (Buffer.isBuffer(response)) {
      respond(null, response);
      return;
    }
    const trailers = new Metadata();
    if (response.statusDetails !== undefined) trailers.set('grpc-status-details-bin', response.statusDetails);
    respond({
      code: status[status[response.code] as keyof typeof status],
      details: response.details ?? '',
      metadata: trailers,
    });
  }
}

const unchanged = (bytes: Buffer): Buffer => bytes;

function exportService(path: string): ServiceDefinition {
  return {
    export: {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: unchanged,
      requestDeserialize: unchanged,
      responseSerialize: unchanged,
      responseDeserialize: unchanged,
    },
  };
}
