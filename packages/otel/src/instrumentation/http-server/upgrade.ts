import type { Duplex } from 'node:stream';
import { type Context, type Histogram, SpanStatusCode } from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
} from '@opentelemetry/semantic-conventions';
import { clock } from '@sonde/sdk';
import type { RequestAttributes } from './request-attribute-cache.ts';
import { findRoute, type ServerRpcMetadata } from './server-rpc.ts';
import { recordError, reportError } from './traced-request.ts';

const statusLine = /^HTTP\/1\.[01] (\d{3})/;
const statusLineLength = 12;

type Write = (this: unknown, ...args: unknown[]) => unknown;

/** Returns the status of a response that an application writes to the connection itself. */
function parseStatus(chunk: unknown): number | undefined {
  const text = Buffer.isBuffer(chunk) ? chunk.toString('latin1', 0, statusLineLength) : String(chunk);
  const status = Number(statusLine.exec(text)?.[1]);
  return Number.isNaN(status) ? undefined : status;
}

/**
 * The handshake of a WebSocket, or of another protocol that a connection switches to. It ends with the response of the
 * application: the connection may live for days.
 */
export class Handshake {
  readonly context: Context;
  readonly #attributes: RequestAttributes;
  readonly #rpc: ServerRpcMetadata;
  readonly #duration: Histogram;
  readonly #startMs = clock.now();
  #isEnded = false;

  constructor(
    socket: Duplex,
    context: Context,
    attributes: RequestAttributes,
    rpc: ServerRpcMetadata,
    duration: Histogram,
  ) {
    this.context = context;
    this.#attributes = attributes;
    this.#rpc = rpc;
    this.#duration = duration;
    attributes.activeCount++;
    this.#watch(socket);
  }

  /** Records an error that a listener throws. */
  failed(error: unknown): void {
    if (this.#isEnded) return;
    recordError(this.#rpc.span, error);
    this.#end(undefined, error instanceof Error ? error.name : '_OTHER');
  }

  /** Reads the first bytes that the application writes. */
  #watch(socket: Duplex): void {
    const methods = socket as unknown as Record<'write' | 'end', Write>;
    const originals = { write: methods.write, end: methods.end };
    const release = (): void => {
      Object.assign(methods, originals);
    };
    for (const name of ['write', 'end'] as const) {
      const onWrite = (chunk: unknown): void => {
        const status = chunk === undefined || typeof chunk === 'function' ? undefined : parseStatus(chunk);
        this.#end(status, status === undefined ? '_OTHER' : undefined);
      };
      methods[name] = function (...args) {
        release();
        try {
          onWrite(args[0]);
        } catch (fault) {
          reportError(fault);
        }
        return Reflect.apply(originals[name], this, args);
      };
    }
    socket.once('close', () => this.#end(undefined, 'client_disconnect'));
  }

  #end(status: number | undefined, reason: string | undefined): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#attributes.activeCount--;
    const { span } = this.#rpc;
    const route = findRoute(this.#rpc);
    const errorType = reason ?? (status !== undefined && status >= 500 ? String(status) : undefined);
    const endMs = clock.now();
    const attributes = this.#attributes.attributes(route, status, errorType);
    this.#duration.record((endMs - this.#startMs) / 1000, attributes, this.context);
    if (status !== undefined) span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
    if (route !== undefined) span.setAttribute(ATTR_HTTP_ROUTE, route);
    if (route) span.updateName(this.#attributes.spanName(route));
    if (errorType !== undefined) {
      span.setAttribute(ATTR_ERROR_TYPE, errorType);
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end(endMs);
  }
}
