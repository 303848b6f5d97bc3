import { type Agent, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { OtlpExportError } from './export-error.ts';
import type { OtlpRequest } from './otlp-request.ts';
import { rejectionReason, shortText } from './rejection-reason.ts';
import { classifyStatus, parseRetryAfterMs } from './response-status.ts';

/** The limit that the OTLP specification recommends. Beyond it, and when the body is cut off, the status alone counts. */
const maxResponseBytes = 4 * 1024 * 1024;

/** The response to an accepted request, or the error. */
export type ExportResponse =
  | { readonly body: Buffer; readonly contentType: string }
  | {
      readonly error: OtlpExportError;
      /** Whether to retry: immediately, after a number of milliseconds, after a backoff, or split into smaller requests. */
      readonly retry: 'never' | 'split' | 'immediately' | 'backoff' | number;
    };

/** Options for sending a request. */
export interface SendOptions {
  readonly agent: Agent;
  /** Aborts the request; its reason is an `OtlpExportError`. */
  readonly signal: AbortSignal;
  /** Whether the process may exit while the request is in progress. */
  readonly unref: boolean;
}

/**
 * Sends a request once. Never rejects. Redirects are not followed.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
 */
export async function post(
  request: OtlpRequest,
  { agent, signal, unref }: SendOptions,
): Promise<ExportResponse> {
  const { promise, resolve } = Promise.withResolvers<ExportResponse>();
  const { url, headers, body } = request;
  try {
    const send = url.startsWith('https:') ? requestHttps : requestHttp;
    const options = { method: 'POST', agent, headers: { ...headers, 'content-length': body.byteLength } };
    const sent = send(url, options);
    const abort = (): void => void sent.destroy(signal.reason as OtlpExportError);
    signal.addEventListener('abort', abort, { once: true });
    if (unref) sent.on('socket', (socket) => socket.unref());
    sent.on('response', (response) => void readResponse(response).then(resolve));
    sent.on('error', (error) => resolve(connectionFailure(error, sent.reusedSocket)));
    sent.on('close', () => signal.removeEventListener('abort', abort));
    sent.end(body);
  } catch (error) {
    // For example, a header that Node.js rejects.
    resolve({ error: connectionError(error as Error), retry: 'never' });
  }
  return promise;
}

/** Never rejects: the status has decided already, the body only adds a reason. */
async function readResponse(response: IncomingMessage): Promise<ExportResponse> {
  const { statusCode = 0, statusMessage = '', headers } = response;
  const body = await readBody(response);
  const contentType = headers['content-type']?.toLowerCase() ?? '';
  if (statusCode >= 200 && statusCode < 300) return { body, contentType };
  const isRedirect = statusCode >= 300 && statusCode < 400;
  const reason = isRedirect ? 'redirects are not followed' : rejectionReason(body, contentType);
  const status = `HTTP ${statusCode} ${shortText(statusMessage)}`.trimEnd();
  const message = reason === '' ? status : `${status}: ${reason}`;
  const error = new OtlpExportError('SONDE_OTLP_REFUSED', message, { statusCode });
  const statusClass = classifyStatus(statusCode);
  if (statusClass === 'retryable') {
    return { error, retry: parseRetryAfterMs(headers['retry-after']) ?? 'backoff' };
  }
  return { error, retry: statusClass === 'too-large' ? 'split' : 'never' };
}

/** The body of a response; empty if it is too long or does not arrive completely. */
async function readBody(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      // Returning destroys the response and its socket.
      if (size > maxResponseBytes) return Buffer.alloc(0);
      chunks.push(chunk);
    }
  } catch {
    return Buffer.alloc(0);
  }
  return Buffer.concat(chunks);
}

/** A reused connection may fail because the receiver closed it while idle, which is worth an immediate retry. */
function connectionFailure(error: NodeJS.ErrnoException, wasReused = false): ExportResponse {
  if (error instanceof OtlpExportError) return { error, retry: 'never' };
  return {
    error: connectionError(error),
    retry: wasReused && (error.code === 'ECONNRESET' || error.code === 'EPIPE') ? 'immediately' : 'backoff',
  };
}

function connectionError(cause: NodeJS.ErrnoException): OtlpExportError {
  // The message is empty if several addresses failed.
  const message = cause.message || cause.code || 'connection failed';
  return new OtlpExportError('SONDE_OTLP_CONNECTION', message, { cause });
}
