import {
  type AnyValue,
  type Context,
  context,
  diag,
  isSpanContextValid,
  logs,
  trace,
} from '@opentelemetry/api';
import type { Logger as ApiLogger, LogRecord } from '@opentelemetry/api';

import { deliveryStats } from '../diagnostics/delivery-stats.ts';
import { errorDetails } from '@sonde/sdk';

/** Options of the bridges from logging libraries. */
export interface BridgeOptions {
  /** Whether to emit log records. */
  readonly capture: boolean;
  /** Whether to add the ids of the active span to the library's own output. */
  readonly traceIds: boolean;
}

const scope = '@sonde/otel/';

/** The name of the instrumentation that bridges a logging library. */
export const bridgeName = (library: string): string => scope + library;

/** Whether an instrumentation is one of these bridges. */
export const isBridge = ({ instrumentationName }: { readonly instrumentationName: string }): boolean =>
  instrumentationName.startsWith(scope);

/** The fields of a record in addition to its message. */
export type Fields = Record<string, AnyValue>;

/** The ids of a span under the field names that the specification defines for other log formats. */
export interface TraceIds {
  readonly trace_id: string;
  readonly span_id: string;
  readonly trace_flags: string;
}

/**
 * Returns the ids of the span in a context; undefined without a span.
 *
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/
 */
export function getTraceIds(parentContext: Context): TraceIds | undefined {
  const spanContext = trace.getSpanContext(parentContext);
  if (spanContext === undefined || !isSpanContextValid(spanContext)) return undefined;
  const { traceId, spanId, traceFlags } = spanContext;
  return { trace_id: traceId, span_id: spanId, trace_flags: `0${traceFlags.toString(16)}`.slice(-2) };
}

/** Emits the records of a logging library through the Logs API. */
export class Bridge {
  readonly #name: string;
  #logger: ApiLogger | undefined;
  #isEmitting = false;

  /** @param name the name of the logging library, which becomes the scope of the records */
  constructor(name: string) {
    this.#name = name;
  }

  /** Emits the record that `createRecord` returns. Never throws; records that the pipeline itself logs meanwhile are ignored. */
  emit(createRecord: () => LogRecord, recordContext: Context = context.active()): void {
    if (this.#isEmitting) return;
    this.#isEmitting = true;
    try {
      this.#logger ??= logs.getLogger(this.#name);
      this.#logger.emit({ ...createRecord(), context: recordContext });
    } catch (error) {
      deliveryStats.records.refused++;
      diag.error(`failed to emit a log record of ${this.#name}: ${errorDetails(error)}`);
    } finally {
      this.#isEmitting = false;
    }
  }
}
