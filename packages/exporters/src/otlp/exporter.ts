import { diag } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';

import type { EncodedRequest } from './encode/request-builder.ts';
import { checkOtlpOptions, type OtlpOptions } from './options.ts';
import { DeliveryQueue } from './queue/delivery-queue.ts';
import type { AddOptions, DeliveryLane } from './queue/request-queue.ts';
import { addResults, createResult, type DeliveryResult } from './queue/delivery-result.ts';
import type { Transport } from './queue/transport.ts';
import type { OtlpSignal } from './signal.ts';
import { createTransport } from './transport/create-transport.ts';
import { OtlpExportError } from './transport/export-error.ts';
import type { OtlpRequest } from './transport/otlp-request.ts';
import { NoticeBoard } from '@sonde/sdk';

/** Far below the Collector's limits: 4 MiB for gRPC and 20 MiB for HTTP. */
const defaultMaxRequestBytes = 1024 * 1024;
const items = { traces: 'spans', logs: 'log records', metrics: 'metric points' } as const;

/** The result of an export. */
export interface OtlpExportResult extends ExportResult {
  /** The number of items of a successful export that were not delivered: rejected by the receiver, or not encodable. */
  readonly rejected: number;
  /** The number of items that need no delivery any more, because a later export holds newer values. Absent if 0. */
  readonly superseded?: number;
  /** The number of items that are left on disk for a later attempt. Absent if 0. */
  readonly spooled?: number;
}

/** @internal A part of a batch: encoded, and whether a later one replaces it. */
export interface EncodedPart extends EncodedRequest, AddOptions {
  /** Called when the receiver has accepted the part. */
  readonly onDelivered?: () => void;
}

let sharedQueue: DeliveryQueue | undefined;

/** Base class of the OTLP exporters, which differ in how they encode a batch. */
export abstract class OtlpExporter<Batch> {
  /** Tells a batch processor that it need not wait for one export before the next. */
  readonly isQueued: boolean = true;
  /** The origin of the endpoint, without credentials and path. */
  readonly origin: string;
  /** The size from which a batch of encoded items is full, so that its request need not be split. */
  protected readonly fullBytes: number;
  readonly #signal: OtlpSignal;
  readonly #notices: NoticeBoard;
  readonly #transport: Transport;
  readonly #lane: DeliveryLane;
  #isShutDown = false;

  constructor(signal: OtlpSignal, options: OtlpOptions) {
    checkOtlpOptions(new.target.name, options);
    this.#signal = signal;
    this.#notices = new NoticeBoard(options.onNotice);
    const { queue = (sharedQueue ??= new DeliveryQueue()) } = options;
    const { transport, timeoutMs } = createTransport(signal, options, this.#notices);
    this.#transport = transport;
    this.origin = transport.origin;
    const { maxRequestBytes = defaultMaxRequestBytes } = options;
    this.fullBytes = maxRequestBytes / 2;
    this.#lane = queue.createLane({
      signal,
      transport,
      timeoutMs,
      maxRequestBytes,
      unref: options.unref === true,
      notices: this.#notices,
    });
  }

  /** @internal Encodes a batch. */
  protected abstract encode(batch: Batch): readonly EncodedPart[];

  /**
   * Encodes a batch at once and hands it to the queue. `done` receives the outcome, which an outage delays. Never throws.
   * The requests of the exporter are not traced.
   */
  export(batch: Batch, done: (result: OtlpExportResult) => void): void {
    const settle = (result: OtlpExportResult): void => {
      try {
        done(result);
      } catch (error) {
        diag.error('the result callback of an export threw', error);
      }
    };
    if (this.#isShutDown) {
      settle(failed(new OtlpExportError('SONDE_OTLP_ABORTED', 'the exporter is shut down')));
      return;
    }
    try {
      this.#enqueue(this.encode(batch), settle);
    } catch (error) {
      settle(failed(error as Error));
    }
  }

  /** Encodes a batch as requests, for a custom transport. Empty if no item can be encoded. */
  requests(batch: Batch): readonly OtlpRequest[] {
    const { endpoint } = this.#transport;
    return this.encode(batch)
      .filter(({ count }) => count > 0)
      .flatMap(({ body, count: itemCount }) => {
        const waiting = { signal: this.#signal, endpoint, body, itemCount };
        return this.#transport.exitRequest?.(waiting) ?? [];
      });
  }

  /** Aborts the attempts in progress. Their batches stay, for a later attempt. */
  abort(): void {
    this.#lane.abort();
  }

  /** Resolves when everything that was exported before is delivered or given up. */
  forceFlush(): Promise<void> {
    return this.#lane.flush();
  }

  /** Rejects further exports, and sends what waits within the timeout; the rest is given up. */
  async shutdown(): Promise<void> {
    this.#isShutDown = true;
    await this.#lane.close();
  }

  #enqueue(parts: readonly EncodedPart[], settle: (result: OtlpExportResult) => void): void {
    const unencodable = parts.reduce((sum, part) => sum + part.unencodable, 0);
    if (unencodable > 0) this.#reportUnencodable(unencodable);
    const requests = parts.filter(({ count }) => count > 0);
    if (requests.length === 0) {
      settle(
        failed(new OtlpExportError('SONDE_OTLP_NOTHING_ENCODED', 'no item of the batch could be encoded')),
      );
      return;
    }
    let remaining = requests.length;
    let sum = createResult({});
    for (const { body, count, isSnapshot = false, onDelivered } of requests) {
      const onSettled = (result: DeliveryResult): void => {
        if (result.delivered > 0) onDelivered?.();
        sum = addResults(sum, result);
        remaining--;
        if (remaining === 0) settle(this.#toExportResult(sum, unencodable));
      };
      this.#lane.add(body, count, onSettled, { isSnapshot });
    }
  }

  #toExportResult(result: DeliveryResult, unencodable: number): OtlpExportResult {
    const { delivered, rejected, dropped, superseded, spooled, message, error } = result;
    if (rejected > 0 || message !== '') this.#reportRejected(delivered + rejected, rejected, message);
    const isFailed = dropped > 0 && delivered + rejected + superseded + spooled === 0;
    if (isFailed) return failed(error ?? new OtlpExportError('SONDE_OTLP_ABORTED', 'given up'));
    return {
      code: ExportResultCode.SUCCESS,
      rejected: unencodable + rejected + dropped,
      ...(superseded > 0 && { superseded }),
      ...(spooled > 0 && { spooled }),
      ...(error !== undefined && { error }),
    };
  }

  #reportRejected(count: number, rejected: number, reason: string): void {
    const summary =
      rejected === 0 ? 'accepted with a warning' : `rejected ${rejected} of ${count} ${items[this.#signal]}`;
    this.#notices.reportOnce('rejected', {
      code: 'SONDE_OTLP_PARTLY_REJECTED',
      message: `${this.origin} ${summary}: ${reason || 'no reason given'}`,
    });
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
