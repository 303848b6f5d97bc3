import { type Agent, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { suppressed } from '@sonde/sdk';
import { otlpJson } from '../encode/json.ts';
import type { OtlpEncoding } from '../options.ts';
import type { AttemptOptions, ExitResponse, SendOutcome, Transport } from '../queue/transport.ts';
import type { WaitingRequest } from '../queue/waiting-request.ts';
import { withAttempt } from './attempt.ts';
import { OtlpExportError } from './export-error.ts';
import { gzipped } from './gzip.ts';
import { createOtlpAgent, transferableOptions } from './http-agent.ts';
import type { OtlpRequest } from './otlp-request.ts';
import { parsePartialSuccess } from './partial-success.ts';
import { rejectionReason, shortText } from './rejection-reason.ts';
import { classifyStatus, parseRetryAfterMs } from './response-status.ts';
import type { OtlpSettings } from './settings.ts';
import type { TransportData } from './transport-data.ts';

/** Maximum size of a response, as the OTLP specification recommends. The body of a larger one is ignored. */
const maxResponseBytes = 4 * 1024 * 1024;

/** Options of {@link HttpTransport}. */
export interface HttpTransportOptions {
  readonly settings: OtlpSettings;
  readonly encoding: OtlpEncoding;
  /** Whether the process may exit during an attempt. */
  readonly unref: boolean;
  /** The agent for all connections. @default an agent with the proxy settings of the application */
  readonly agent?: Agent | undefined;
}

/**
 * Sends requests over OTLP/HTTP.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export class HttpTransport implements Transport {
  readonly origin: string;
  readonly endpoint: string;
  readonly #settings: OtlpSettings;
  readonly #isJson: boolean;
  readonly #unref: boolean;
  readonly #ownsAgent: boolean;
  #agent: Agent | undefined;

  constructor({ settings, encoding, unref, agent }: HttpTransportOptions) {
    const { origin, pathname } = settings.url;
    this.origin = origin;
    this.endpoint = origin + pathname;
    this.#settings = settings;
    this.#isJson = encoding === 'json';
    this.#unref = unref;
    this.#agent = agent;
    this.#ownsAgent = agent === undefined;
  }

  async send(waiting: WaitingRequest, options: AttemptOptions): Promise<SendOutcome> {
    return suppressed(() => withAttempt(options, this.#unref, (signal) => this.#attempt(waiting, signal)));
  }

  exitRequest(waiting: WaitingRequest): OtlpRequest | undefined {
    const agentOptions = transferableOptions(this.#connections());
    return agentOptions && { ...this.#request(waiting), agentOptions };
  }

  readResponse(response: ExitResponse): SendOutcome {
    return interpretResponse(response);
  }

  toData(): TransportData | undefined {
    const { url, ...settings } = this.#settings;
    const agentOptions = transferableOptions(this.#connections());
    const encoding = this.#isJson ? 'json' : 'protobuf';
    return agentOptions && { type: 'http', url: url.href, settings, encoding, agentOptions };
  }

  close(): void {
    if (this.#ownsAgent) this.#agent?.destroy();
  }

  async #attempt(waiting: WaitingRequest, signal: AbortSignal): Promise<SendOutcome> {
    const request = this.#request(waiting);
    const { body, headers } = request;
    const isGzip = this.#settings.compression === 'gzip';
    const compressed: OtlpRequest = isGzip
      ? { ...request, body: await gzipped(body), headers: { ...headers, 'content-encoding': 'gzip' } }
      : request;
    const options = { agent: this.#connections(), signal, unref: this.#unref };
    let result = await post(compressed, options);
    // Retries once if the receiver closed the connection while it was idle.
    if ('error' in result && result.isStale) result = await post(compressed, options);
    if ('response' in result) return interpretResponse(result.response);
    return { status: result.isInvalid ? 'permanent' : 'retryable', error: result.error };
  }

  #request({ signal, body }: WaitingRequest): OtlpRequest {
    const { url, headers, tls } = this.#settings;
    return { url: url.href, headers, body: this.#isJson ? otlpJson(signal, body) : body, tls };
  }

  /** Creates the agent on first use, because the application may configure proxies before. */
  #connections(): Agent {
    return (this.#agent ??= createOtlpAgent(this.#settings.url.protocol, this.#settings.tls, this.#unref));
  }
}

/** Returns the outcome of a response. */
function interpretResponse({ statusCode, statusMessage, headers, body }: ExitResponse): SendOutcome {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const contentType = String(headers['content-type'] ?? '').toLowerCase();
  if (statusCode >= 200 && statusCode < 300) {
    const { rejected, message } = parsePartialSuccess(bytes, contentType);
    return { status: 'accepted', rejectedCount: rejected, message };
  }
  const isRedirect = statusCode >= 300 && statusCode < 400;
  const reason = isRedirect ? 'redirects are not followed' : rejectionReason(bytes, contentType);
  const status = `HTTP ${statusCode} ${shortText(statusMessage)}`.trimEnd();
  const message = reason === '' ? status : `${status}: ${reason}`;
  const error = new OtlpExportError('SONDE_OTLP_REFUSED', message, { statusCode });
  const statusClass = classifyStatus(statusCode);
  if (statusClass === 'unauthorized') return { status: 'retryable', error, isUnauthorized: true };
  if (statusClass !== 'retryable') return { status: statusClass, error };
  return { status: 'retryable', error, retryAfterMs: parseRetryAfterMs(headers['retry-after']?.toString()) };
}

/** The response to a request, or the error of a request without one. */
type PostResult =
  | { readonly response: ExitResponse }
  | {
      readonly error: OtlpExportError;
      /** Whether the receiver had closed the reused connection, so that it did not process the request. */
      readonly isStale: boolean;
      /** Whether the request cannot be sent, for example because Node.js rejects a header. */
      readonly isInvalid: boolean;
    };

/** Options for sending a request. */
interface PostOptions {
  readonly agent: Agent;
  /** Aborts the request; its reason is an `OtlpExportError`. */
  readonly signal: AbortSignal;
  /** Whether the process may exit while the request is in progress. */
  readonly unref: boolean;
}

/** Sends a request once. Never rejects. Does not follow redirects, which would send the headers to another host. */
function post(request: OtlpRequest, { agent, signal, unref }: PostOptions): Promise<PostResult> {
  const { promise, resolve } = Promise.withResolvers<PostResult>();
  const { url, headers, body } = request;
  const fail = (error: OtlpExportError, { isStale = false, isInvalid = false } = {}): void =>
    resolve({ error, isStale, isInvalid });
  try {
    signal.throwIfAborted();
    const send = url.startsWith('https:') ? requestHttps : requestHttp;
    const options = { method: 'POST', agent, headers: { ...headers, 'content-length': body.byteLength } };
    const sent = send(url, options);
    let hasResponse = false;
    const abort = (): void => {
      sent.destroy(signal.reason as OtlpExportError);
      // Node.js emits no error while a proxy tunnel is being established.
      if (!hasResponse) fail(signal.reason as OtlpExportError);
    };
    signal.addEventListener('abort', abort, { once: true });
    if (unref) sent.on('socket', (socket) => socket.unref());
    sent.on('response', (message) => {
      hasResponse = true;
      void readResponse(message).then((response) => resolve({ response }));
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      // The status determines the outcome; `readBody` handles the end of the body.
      if (hasResponse) return;
      const isReset = error.code === 'ECONNRESET' || error.code === 'EPIPE';
      fail(connectionError(error), { isStale: sent.reusedSocket && isReset });
    });
    sent.on('close', () => signal.removeEventListener('abort', abort));
    sent.end(body);
  } catch (error) {
    fail(connectionError(error as Error), { isInvalid: !signal.aborted });
  }
  return promise;
}

/** Reads a response. Never rejects, because the status determines the outcome and the body only adds a reason. */
async function readResponse(message: IncomingMessage): Promise<ExitResponse> {
  const { statusCode = 0, statusMessage = '', headers } = message;
  return { statusCode, statusMessage, headers, body: await readBody(message) };
}

/** Reads the body of a response; empty if it is too large or incomplete. */
async function readBody(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      // `return` destroys the response and its socket.
      if (size > maxResponseBytes) return Buffer.alloc(0);
      chunks.push(chunk);
    }
  } catch {
    return Buffer.alloc(0);
  }
  return Buffer.concat(chunks);
}

function connectionError(cause: NodeJS.ErrnoException): OtlpExportError {
  if (cause instanceof OtlpExportError) return cause;
  // Node.js sets no message if several addresses failed.
  const message = cause.message || cause.code || 'connection failed';
  return new OtlpExportError('SONDE_OTLP_CONNECTION', message, { cause });
}
