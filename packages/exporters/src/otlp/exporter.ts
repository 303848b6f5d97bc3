import { promisify } from 'node:util';
import type { Agent as HttpAgent } from 'node:http';
import { diag } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';

import { sendWithRetry } from './transport/retry.ts';
import type { EncodedRequest } from './encode/request-builder.ts';
import { OtlpExportError } from './transport/export-error.ts';
import { createOtlpAgent, transferableOptions } from './transport/http-agent.ts';
import { otlpJson } from './encode/json.ts';
import { checkOtlpOptions, type OtlpOptions } from './options.ts';
import { parsePartialSuccess } from './transport/partial-success.ts';
import type { OtlpRequest } from './transport/otlp-request.ts';
import { type OtlpSettings, resolveOtlpSettings, type OtlpSignal } from './transport/settings.ts';
import { NoticeBoard, suppressed } from '@sonde/sdk';

const items = { traces: 'spans', logs: 'log records', metrics: 'metric points' } as const;

/** The result of an export. */
export interface OtlpExportResult extends ExportResult {
  /** The number of items of a successful export that were not delivered: rejected by the receiver, or not encodable. */
  readonly rejected: number;
}

/** An encoded batch. */
export interface OtlpBatch {
  readonly request: OtlpRequest;
  /** The number of items in the request, and of those that could not be encoded. */
  readonly count: number;
  readonly unencodable: number;
}

/** Base class of the OTLP exporters, which differ in how they encode a batch. */
export abstract class OtlpExporter<Batch> {
  readonly #signal: OtlpSignal;
  readonly #settings: OtlpSettings;
  readonly #isJson: boolean;
  readonly #unref: boolean;
  readonly #notices: NoticeBoard;
  readonly #agent: HttpAgent;
  readonly #inProgress = new Map<AbortController, Promise<void>>();
  #isShutDown = false;

  constructor(signal: OtlpSignal, options: OtlpOptions) {
    checkOtlpOptions(new.target.name, options);
    this.#signal = signal;
    this.#notices = new NoticeBoard(options.onNotice);
    this.#settings = resolveOtlpSettings(signal, options, this.#notices);
    this.#isJson = options.encoding === 'json';
    this.#unref = options.unref === true;
    const { url, tls } = this.#settings;
    this.#agent = options.agent ?? createOtlpAgent(url.protocol, tls, this.#unref);
  }

  /** The origin of the endpoint, without credentials and path. */
  get origin(): string {
    return this.#settings.url.origin;
  }

  /** @internal */
  protected abstract encode(batch: Batch): EncodedRequest;

  /** Encodes a batch as a request, for a custom transport. Undefined if no item can be encoded. */
  request(batch: Batch): OtlpBatch | undefined {
    const { body, count, unencodable } = this.encode(batch);
    if (unencodable > 0) this.#reportUnencodable(unencodable);
    if (count === 0) return undefined;
    const { url, headers, tls } = this.#settings;
    const agentOptions = transferableOptions(this.#agent);
    const request = {
      url: url.href,
      headers,
      body: this.#isJson ? otlpJson(this.#signal, body) : body,
      tls,
      ...(agentOptions && { agentOptions }),
    };
    return { request, count, unencodable };
  }

  /** Sends a batch. Never throws. The requests of the exporter are not traced. */
  export(batch: Batch, done: (result: OtlpExportResult) => void): void {
    if (this.#isShutDown) {
      done(failed(new OtlpExportError('SONDE_OTLP_ABORTED', 'the exporter is shut down')));
      return;
    }
    const controller = new AbortController();
    // The export must not inherit the span or the baggage of the caller.
    const settled = suppressed(() => this.#settle(batch, controller, done));
    this.#inProgress.set(controller, settled);
  }

  /** Aborts all exports in progress: each fails immediately. */
  abort(): void {
    for (const controller of this.#inProgress.keys()) {
      controller.abort(
        new OtlpExportError('SONDE_OTLP_ABORTED', 'aborted because the time for exports is over'),
      );
    }
  }

  /** Resolves when all exports in progress have finished. */
  async forceFlush(): Promise<void> {
    await Promise.allSettled(this.#inProgress.values());
  }

  /** Rejects further exports and waits for those in progress. */
  async shutdown(): Promise<void> {
    this.#isShutDown = true;
    await this.forceFlush();
    this.#agent.destroy();
  }

  /** Never rejects. */
  async #settle(
    batch: Batch,
    controller: AbortController,
    done: (result: OtlpExportResult) => void,
  ): Promise<void> {
    const result = await this.#send(batch, controller).catch((error: Error) => failed(error));
    this.#inProgress.delete(controller);
    try {
      done(result);
    } catch (error) {
      diag.error('the result callback of an export threw', error);
    }
  }

  async #send(batch: Batch, controller: AbortController): Promise<OtlpExportResult> {
    const encoded = this.request(batch);
    if (encoded === undefined) {
      return failed(
        new OtlpExportError('SONDE_OTLP_NOTHING_ENCODED', 'no item of the batch could be encoded'),
      );
    }
    const { timeoutMs, compression } = this.#settings;
    const request = compression === 'gzip' ? await compress(encoded.request) : encoded.request;
    const response = await sendWithRetry(request, {
      agent: this.#agent,
      unref: this.#unref,
      timeoutMs,
      controller,
    });
    return 'body' in response ? this.#accepted(encoded, response) : failed(response.error);
  }

  #accepted(
    { count, unencodable }: OtlpBatch,
    { body, contentType }: { readonly body: Buffer; readonly contentType: string },
  ): OtlpExportResult {
    const partial = parsePartialSuccess(body, contentType);
    const rejected = Math.min(partial.rejected, count);
    if (partial.rejected === 0 && partial.message === '') {
      return { code: ExportResultCode.SUCCESS, rejected: unencodable };
    }
    const summary =
      rejected === 0 ? 'accepted with a warning' : `rejected ${rejected} of ${count} ${items[this.#signal]}`;
    const message = `${summary}: ${partial.message || 'no reason given'}`;
    this.#notices.reportOnce('rejected', {
      code: 'SONDE_OTLP_PARTLY_REJECTED',
      message: `${this.origin} ${message}`,
    });
    return {
      code: ExportResultCode.SUCCESS,
      rejected: unencodable + rejected,
      error: new OtlpExportError('SONDE_OTLP_PARTLY_REJECTED', message),
    };
  }

  #reportUnencodable(count: number): void {
    this.#notices.reportOnce('unencodable', {
      code: 'SONDE_OTLP_UNENCODABLE',
      message: `${count} ${items[this.#signal]} cannot be encoded and are dropped: a getter throws, or a value is circular`,
    });
  }
}

function failed(error: Error): OtlpExportResult {
  return { code: ExportResultCode.FAILED, error, rejected: 0 };
}

/** Compresses the body in the thread pool. `node:zlib` is loaded on first use. */
async function compress(request: OtlpRequest): Promise<OtlpRequest> {
  const { gzip } = process.getBuiltinModule('node:zlib');
  const body = await promisify(gzip)(request.body);
  return { ...request, body, headers: { ...request.headers, 'content-encoding': 'gzip' } };
}
