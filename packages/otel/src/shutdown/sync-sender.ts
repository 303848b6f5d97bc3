import type { Agent } from 'node:http';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type * as GrpcModule from '@grpc/grpc-js';
import {
  type ConnectionSettings,
  connectionSettings,
  type ExitResponse,
  type OtlpRequest,
} from '@sonde/exporters';
import { connectionVariables, environmentEntries } from '../config/environment.ts';

/** The response to a request, or the error of a request without one. */
export interface SyncResult {
  readonly response?: ExitResponse;
  readonly error?: Error;
}

/** A result that the thread posts. */
interface PostedResult extends SyncResult {
  readonly index: number;
}

/** Creates the function that makes gRPC calls in the thread. Like `send`, it runs from its source text. */
function createCaller(): (request: OtlpRequest) => Promise<SyncResult> {
  const clients = new Map<string, GrpcModule.Client>();
  return async ({ grpc, headers, body, tls }) => {
    if (grpc === undefined) return { error: new Error('not a gRPC call') };
    const { modulePath, target, channelOptions, isSecure, method, userAgent } = grpc;
    const { createRequire } = process.getBuiltinModule('node:module');
    const { Client, Metadata, credentials } = createRequire(modulePath)(modulePath) as typeof GrpcModule;
    const key = JSON.stringify([target, isSecure, tls]);
    const root = tls.ca === undefined ? null : Buffer.from(tls.ca);
    const secret = tls.key === undefined || tls.cert === undefined ? null : Buffer.from(tls.key);
    const chain = secret === null ? null : Buffer.from(tls.cert ?? '');
    const client =
      clients.get(key) ??
      new Client(
        target,
        isSecure ? credentials.createSsl(root, secret, chain) : credentials.createInsecure(),
        { 'grpc.primary_user_agent': userAgent, ...channelOptions },
      );
    clients.set(key, client);
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(headers)) {
      metadata.set(name, name.endsWith('-bin') ? Buffer.from(value, 'base64') : value);
    }
    return new Promise((resolve) => {
      client.makeUnaryRequest(
        method,
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
        Buffer.from(body),
        metadata,
        (error, response = Buffer.alloc(0)) => {
          const [details] = error?.metadata.get('grpc-status-details-bin') ?? [];
          const unavailable = 14;
          resolve({
            response: {
              statusCode: error === null ? 200 : (error.code as number) === unavailable ? 503 : 500,
              statusMessage: error?.details ?? '',
              headers: {
                'grpc-status': String(error?.code ?? 0),
                'grpc-status-details-bin': Buffer.isBuffer(details) ? details.toString('base64') : undefined,
              },
              body: response,
            },
          });
        },
      );
    });
  };
}

/**
 * Sends one request to each origin and, if it is accepted, the others concurrently, over as many connections as the agent
 * allows. Posts each result, and sets the shared number to 1 at the end. It runs in a worker thread from its source text,
 * so it must not refer to this module or contain named inner functions, for which bundlers may insert a helper.
 */
function send(caller: typeof createCaller): void {
  const { workerData } = process.getBuiltinModule('node:worker_threads');
  const { requests, port, shared, settings } = workerData as {
    requests: OtlpRequest[];
    port: MessagePort;
    shared: Int32Array;
    settings: ConnectionSettings;
  };
  process.getBuiltinModule('node:dns').setDefaultResultOrder(settings.resultOrder);
  const net = process.getBuiltinModule('node:net');
  net.setDefaultAutoSelectFamily(settings.autoSelectFamily);
  net.setDefaultAutoSelectFamilyAttemptTimeout(settings.autoSelectFamilyTimeoutMs);
  if (requests.some(({ url }) => url.startsWith('https:'))) {
    Object.assign(process.getBuiltinModule('node:tls'), settings.tlsDefaults);
  }
  const maxBodyBytes = 65_536;
  const agents = new Map<string, Agent>();
  const call = caller();
  const origins = Map.groupBy(requests.entries(), ([, { url }]) => new URL(url).origin);
  const sending = Array.from(origins.values(), async (group) => {
    let failure: SyncResult | undefined;
    for (const part of [group.slice(0, 1), group.slice(1)]) {
      await Promise.all(
        part.map(async ([index, each]) => {
          const { url, headers, body, tls, agentOptions, grpc } = each;
          const result =
            failure ??
            (grpc && (await call(each))) ??
            (await new Promise<SyncResult>((resolve) => {
              const { request, Agent: AgentClass } = process.getBuiltinModule(
                url.startsWith('https:') ? 'node:https' : 'node:http',
              );
              const options = { ...agentOptions, ...tls };
              const key = new URL(url).origin + JSON.stringify(options);
              const agent = agents.get(key) ?? new AgentClass(options);
              agents.set(key, agent);
              request(url, {
                method: 'POST',
                agent,
                headers: { ...headers, 'content-length': body.byteLength },
              })
                .on('response', (response) => {
                  const { statusCode = 0, statusMessage = '' } = response;
                  const chunks: Uint8Array[] = [];
                  let size = 0;
                  response
                    .on('data', (chunk: Buffer) => {
                      size += chunk.length;
                      if (size <= maxBodyBytes) chunks.push(chunk);
                    })
                    .on('error', () => {})
                    .on('close', () => {
                      const isWhole = response.complete && size <= maxBodyBytes;
                      const received = {
                        statusCode,
                        statusMessage,
                        headers: response.headers,
                        body: isWhole ? Buffer.concat(chunks) : new Uint8Array(),
                      };
                      resolve({ response: received });
                    });
                })
                .on('error', (error: NodeJS.ErrnoException) => {
                  // Node.js sets no message if several addresses failed.
                  resolve({ error: new Error(error.message || error.code || 'connection failed') });
                })
                .end(body);
            }));
          port.postMessage({ ...result, index });
          const status = result.response?.statusCode ?? 0;
          if (result.error !== undefined || status === 429 || status > 501) failure ??= result;
        }),
      );
    }
  });
  void Promise.allSettled(sending).then(() => {
    Atomics.store(shared, 0, 1);
    Atomics.notify(shared, 0);
  });
}

/**
 * Sends requests in a worker thread while this thread blocks, because the event loop no longer runs.
 *
 * @returns the result of each request; an error if it took longer than `timeoutMs`
 */
export function sendSync(requests: readonly OtlpRequest[], timeoutMs: number): SyncResult[] {
  const shared = new Int32Array(new SharedArrayBuffer(4));
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(`(${send.toString()})(${createCaller.toString()})`, {
    eval: true,
    workerData: { requests, shared, port: port2, settings: connectionSettings() },
    transferList: [port2],
    // Preloaded modules must not run again in the thread.
    execArgv: [],
    env: environmentEntries(connectionVariables),
    stdout: true,
    stderr: true,
  });
  worker.on('error', () => {});
  Atomics.wait(shared, 0, 0, timeoutMs);
  const results = requests.map((): SyncResult => ({ error: new Error(`no answer within ${timeoutMs} ms`) }));
  for (;;) {
    const received: { readonly message: PostedResult } | undefined = receiveMessageOnPort(port1);
    if (received === undefined) break;
    results[received.message.index] = received.message;
  }
  port1.close();
  return results;
}
