import { promisify } from 'node:util';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { diag } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';

import { sendWithRetry } from './transport/retry.ts';
import type { EncodedRequest } from './encode/request-builder.ts';
import { OtlpExportError } from './transport/export-error.ts';
import { otlpJson } from './encode/json.ts';
import { checkOtlpOptions, type OtlpOptions } from './options.ts';
import { parsePartialSuccess } from './transport/partial-success.ts';
import type { OtlpRequest } from './transport/http-transport.ts';
import { type OtlpSettings, resolveOtlpSettings, type OtlpSignal } from './transport/settings.ts';
import { NoticeBoard, suppressed } from '@sonde/sdk';

const maxSockets = 16;
const items = { traces: 'spans', logs: 'log records', metrics: 'metric points' } as const;

/** What became of an export. */
export interface OtlpExportResult extends ExportResult {
  /** Of an export that succeeded, how many items were not delivered: the receiver rejected them, or they could not be encoded. */
  readonly rejected: number;
}

/** A batch as a request. */
export interface OtlpBatch {
  readonly request: OtlpRequest;
  /** How many items are in it, and how many could not be encoded. */
  readonly count: number;
  readonly unencodable: number;
}

/** What the exporters of the three signals have in common: all but the way a batch is encoded. */
export abstract class OtlpExporter<Batch> {
  readonly #signal: OtlpSignal;
  readonly #settings: OtlpSettings;
  readonly #isJson: boolean;
  readonly #unref: boolean;
  readonly #notices: NoticeBoard;
  readonly #agent: HttpAgent;
  readonly #underWay = new Map<AbortController, Promise<void>>();
  #isShutDown = false;

  constructor(signal: OtlpSignal, options: OtlpOptions) {
    checkOtlpOptions(new.target.name, options);
    this.#signal = signal;
    this.#notices = new NoticeBoard(options.onNotice);
    this.#settings = resolveOtlpSettings(signal, options, this.#notices);
    this.#isJson = options.encoding === 'json';
    this.#unref = options.unref === true;
    const { url, tls } = this.#settings;
    const connections = { keepAlive: true, maxSockets };
    this.#agent =
      url.protocol === 'https:' ? new HttpsAgent({ ...connections, ...tls }) : new HttpAgent(connections);
  }

  /** Where it sends to, without credentials and path. */
  get origin(): string {
    return this.#settings.url.origin;
  }

  /** @internal */
  protected abstract encode(batch: Batch): EncodedRequest;

  /** The request that a batch comes to, for who sends it another way. Undefined when nothing of it can be encoded. */
  request(batch: Batch): OtlpBatch | undefined {
    const { body, count, unencodable } = this.encode(batch);
    if (unencodable > 0) this.#reportUnencodable(unencodable);
    if (count === 0) return undefined;
    const { url, headers, tls } = this.#settings;
    const request = { url: url.href, headers, body: this.#isJson ? otlpJson(this.#signal, body) : body, tls };
    return { request, count, unencodable };
  }

  /** Sends a batch. Never throws; own requests are not traced. */
  export(batch: Batch, done: (result: OtlpExportResult) => void): void {
    if (this.#isShutDown) {
      done(failed(new OtlpExportError('SONDE_OTLP_ABORTED', 'the exporter is shut down')));
      return;
    }
    const controller = new AbortController();
    // Neither a span nor the baggage of whoever happens to flush has anything to do with it.
    const settled = suppressed(() => this.#settle(batch, controller, done));
    this.#underWay.set(controller, settled);
  }

  /** Gives up all exports that are under way: each fails at once. */
  abort(): void {
    for (const controller of this.#underWay.keys()) {
      controller.abort(new OtlpExportError('SONDE_OTLP_ABORTED', 'given up because the time is over'));
    }
  }

  /** Resolves when no export is under way any more. */
  async forceFlush(): Promise<void> {
    await Promise.allSettled(this.#underWay.values());
  }

  /** Waits for the exports that are under way, and takes no more. */
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
    this.#underWay.delete(controller);
    try {
      done(result);
    } catch (error) {
      diag.error('What waits for the result of an export failed', error);
    }
  }

  async #send(batch: Batch, controller: AbortController): Promise<OtlpExportResult> {
    const encoded = this.request(batch);
    if (encoded === undefined) {
      return failed(new OtlpExportError('SONDE_OTLP_NOTHING_ENCODED', 'nothing of it could be encoded'));
    }
    const { timeoutMs, compression } = this.#settings;
    const request = compression === 'gzip' ? await compressed(encoded.request) : encoded.request;
    const outcome = await sendWithRetry(request, {
      agent: this.#agent,
      unref: this.#unref,
      timeoutMs,
      controller,
    });
    return 'body' in outcome ? this.#accepted(encoded, outcome) : failed(outcome.error);
  }

  #accepted(
    { count, unencodable }: OtlpBatch,
    { body, contentType }: { readonly body: Buffer; readonly contentType: string },
  ): OtlpExportResult {
    const partial = parsePartialSuccess(body, contentType);
    const ofReceiver = Math.min(partial.rejected, count);
    if (partial.rejected === 0 && partial.message === '') {
      return { code: ExportResultCode.SUCCESS, rejected: unencodable };
    }
    const what =
      ofReceiver === 0
        ? 'accepted with a warning'
        : `rejected ${ofReceiver} of ${count} ${items[this.#signal]}`;
    const message = `${what}: ${partial.message || 'no reason was given'}`;
    this.#notices.reportOnce('rejected', {
      code: 'SONDE_OTLP_PARTLY_REJECTED',
      message: `${this.origin} ${message}`,
    });
    return {
      code: ExportResultCode.SUCCESS,
      rejected: unencodable + ofReceiver,
      error: new OtlpExportError('SONDE_OTLP_PARTLY_REJECTED', message),
    };
  }

  #reportUnencodable(count: number): void {
    this.#notices.reportOnce('unencodable', {
      code: 'SONDE_OTLP_UNENCODABLE',
      message: `${count} ${items[this.#signal]} cannot be encoded and are left out: a getter throws, or a value is circular`,
    });
  }
}

function failed(error: Error): OtlpExportResult {
  return { code: ExportResultCode.FAILED, error, rejected: 0 };
}

/** Compressed by another thread. Most have no use for zlib, and would load it when they start. */
async function compressed(request: OtlpRequest): Promise<OtlpRequest> {
  const { gzip } = process.getBuiltinModule('node:zlib');
  const body = await promisify(gzip)(request.body);
  return { ...request, body, headers: { ...request.headers, 'content-encoding': 'gzip' } };
}
