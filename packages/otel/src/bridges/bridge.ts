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

/** What a bridge does with what an application writes through a logger of its own. */
export interface BridgeOptions {
  /** Whether it makes records of it. */
  readonly capture: boolean;
  /** Whether it writes the ids of the active span into the logger's own output. */
  readonly traceIds: boolean;
}

const scope = '@sonde/otel/';

/** What the instrumentation that bridges a logging library is called. */
export const bridgeName = (library: string): string => scope + library;

/** Whether an instrumentation is a bridge of ours. */
export const isBridge = (of: { readonly instrumentationName: string }): boolean =>
  of.instrumentationName.startsWith(scope);

/** What a record has beside its message, by name. */
export type Fields = Record<string, AnyValue>;

/** The ids of a span as loggers write them: the names that the log data model gives other formats. */
export interface TraceIds {
  readonly trace_id: string;
  readonly span_id: string;
  readonly trace_flags: string;
}

/**
 * The ids of the span in a context; undefined outside of one.
 *
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/
 */
export function getTraceIds(of: Context): TraceIds | undefined {
  const spanContext = trace.getSpanContext(of);
  if (spanContext === undefined || !isSpanContextValid(spanContext)) return undefined;
  const { traceId, spanId, traceFlags } = spanContext;
  return { trace_id: traceId, span_id: spanId, trace_flags: `0${traceFlags.toString(16)}`.slice(-2) };
}

/** Hands what a logger of the application writes to the Logs API. */
export class Bridge {
  readonly #name: string;
  #logger: ApiLogger | undefined;
  #inside = false;

  /** @param name the name of the logging library, which becomes the scope of the records */
  constructor(name: string) {
    this.#name = name;
  }

  /** Emits what `describe` makes. Never throws; what telemetry itself logs meanwhile makes no further record. */
  emit(describe: () => LogRecord, within: Context = context.active()): void {
    if (this.#inside) return;
    this.#inside = true;
    try {
      this.#logger ??= logs.getLogger(this.#name);
      this.#logger.emit({ ...describe(), context: within });
    } catch (error) {
      deliveryStats.records.refused++;
      diag.error(`A log record of ${this.#name} was lost: ${errorDetails(error)}`);
    } finally {
      this.#inside = false;
    }
  }
}
