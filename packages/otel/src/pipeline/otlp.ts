import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { LogRecordExporter } from '@opentelemetry/sdk-logs';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import {
  OtlpLogExporter,
  OtlpMetricExporter,
  type OtlpOptions,
  type OtlpSignal,
  OtlpTraceExporter,
  reportInvalidOtlpVariables,
} from '@sonde/exporters';

import { otlpEndpoint, otlpMetricTimeoutMs } from '../config/otlp-environment.ts';
import type { OtlpProtocol } from '../options.ts';
import { ownRequire } from '../own-require.ts';
import { countPoints, observeExporter } from '../diagnostics/observed-exporter.ts';
import { deliveryStats } from '../diagnostics/delivery-stats.ts';
import { warnOnce } from '../diagnostics/notice.ts';

import type { Notice } from '@sonde/sdk';

/** Upstream's exporters over gRPC, each loaded when it is used: it is a hundred modules. */
const grpc = {
  traces: () => ownRequire()('@opentelemetry/exporter-trace-otlp-grpc').OTLPTraceExporter,
  metrics: () => ownRequire()('@opentelemetry/exporter-metrics-otlp-grpc').OTLPMetricExporter,
  logs: () => ownRequire()('@opentelemetry/exporter-logs-otlp-grpc').OTLPLogExporter,
} satisfies Record<OtlpSignal, () => unknown>;

const onNotice =
  (signal: OtlpSignal) =>
  ({ code, message }: Notice): void => {
    // A variable for all signals is reported once, and each other variable too.
    warnOnce(code, code === 'SONDE_ENVIRONMENT_INVALID' ? message : signal, message);
  };

/** Makes upstream's exporter; it reads its own `OTEL_EXPORTER_OTLP_*` variables, and ignores invalid ones silently. */
function overGrpc(signal: OtlpSignal, options?: { timeoutMillis: number }): unknown {
  reportInvalidOtlpVariables(signal, onNotice(signal));
  const Exporter = grpc[signal]() as new (given?: { timeoutMillis: number }) => unknown;
  return new Exporter(options);
}

/** What our exporters do not read from the `OTEL_EXPORTER_OTLP_*` variables themselves. */
function overHttp(signal: OtlpSignal, protocol: OtlpProtocol): OtlpOptions {
  return {
    encoding: protocol === 'http/json' ? 'json' : 'protobuf',
    // A flush holds the process for as long as it may take; nothing else does.
    unref: true,
    onNotice: onNotice(signal),
  };
}

/** Makes an exporter; undefined, and reported, when it cannot be loaded or made: the other signals go on. */
function created<E>(signal: OtlpSignal, make: () => E): E | undefined {
  try {
    return make();
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    warnOnce(
      'SONDE_EXPORTER',
      signal,
      `${signal} are not exported: their OTLP exporter cannot be made (${reason})`,
    );
    return undefined;
  }
}

/** Sends spans over OTLP; undefined when that is impossible. */
export function otlpSpanExporter(protocol: OtlpProtocol): SpanExporter | undefined {
  return created('traces', () => {
    const exporter =
      protocol === 'grpc'
        ? (overGrpc('traces') as SpanExporter)
        : new OtlpTraceExporter(overHttp('traces', protocol));
    const { origin } = otlpEndpoint('traces', protocol);
    return observeExporter(exporter, deliveryStats.spans, origin, (spans) => spans.length);
  });
}

/** Sends log records over OTLP; undefined when that is impossible. */
export function otlpLogExporter(protocol: OtlpProtocol): LogRecordExporter | undefined {
  return created('logs', () => {
    const exporter =
      protocol === 'grpc'
        ? (overGrpc('logs') as LogRecordExporter)
        : new OtlpLogExporter(overHttp('logs', protocol));
    const { origin } = otlpEndpoint('logs', protocol);
    return observeExporter(exporter, deliveryStats.records, origin, (records) => records.length);
  });
}

/**
 * Sends metrics over OTLP; undefined when that is impossible.
 *
 * @param limitMs how long the reader waits for an export: nothing is sent again after that
 */
export function otlpMetricExporter(protocol: OtlpProtocol, limitMs: number): PushMetricExporter | undefined {
  return created('metrics', () => {
    // Our exporter is given its timeout, and does not look at the variables for it.
    reportInvalidOtlpVariables('metrics', onNotice('metrics'));
    const timeoutMs = Math.min(otlpMetricTimeoutMs(), limitMs);
    const exporter =
      protocol === 'grpc'
        ? (overGrpc('metrics', { timeoutMillis: timeoutMs }) as PushMetricExporter)
        : new OtlpMetricExporter({ ...overHttp('metrics', protocol), timeoutMs });
    return observeExporter(
      exporter,
      deliveryStats.points,
      otlpEndpoint('metrics', protocol).origin,
      countPoints,
    );
  });
}
