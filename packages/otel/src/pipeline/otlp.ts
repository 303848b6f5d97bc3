import type { Agent } from 'node:http';
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { LogRecordExporter } from '@opentelemetry/sdk-logs';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import {
  DeliveryQueue,
  type DeliveryResult,
  OtlpLogExporter,
  OtlpMetricExporter,
  type OtlpOptions,
  type OtlpSignal,
  OtlpTraceExporter,
  Spool,
  type SpoolDrop,
  WorkerQueue,
} from '@sonde/exporters';
import { type Notice, ownRequire } from '@sonde/sdk';
import type { Config, OtlpConfig } from '../config/config.ts';
import { connectionVariables, environmentEntries } from '../config/environment.ts';
import { otlpEndpoint } from '../config/otlp-environment.ts';
import type { OtlpProtocol } from '../options.ts';
import { deliveryStats, type DeliveryStats } from '../diagnostics/delivery-stats.ts';
import { warnOnce } from '../diagnostics/notice.ts';

const onNotice =
  (signal: OtlpSignal) =>
  ({ code, message }: Notice): void => {
    // A variable that applies to several signals is reported once.
    warnOnce(code, code === 'SONDE_ENVIRONMENT_INVALID' ? message : signal, message);
  };

/** The delivery queue and the options that the OTLP exporters of all signals share. */
export interface OtlpDelivery {
  readonly queue: DeliveryQueue | WorkerQueue;
  readonly maxRequestBytes: number;
  readonly agent?: Agent;
}

const statsBySignal: Readonly<Record<OtlpSignal, DeliveryStats>> = {
  traces: deliveryStats.spans,
  logs: deliveryStats.records,
  metrics: deliveryStats.points,
};

const spoolListeners = {
  onNotice: ({ code, message }: Notice): void => warnOnce(code, 'spool', message),
  onDrop: ({ signal, itemCount, reason }: SpoolDrop): void =>
    statsBySignal[signal].refuse(itemCount, reason === 'full' ? 'queue_full' : undefined),
};

function countReplayed(signal: OtlpSignal, { delivered, rejected, dropped }: DeliveryResult): void {
  statsBySignal[signal].delivered += delivered;
  statsBySignal[signal].refuse(rejected + dropped);
}

/** Creates the delivery queue of all signals, and its spool. */
export function createOtlpDelivery(config: OtlpConfig): OtlpDelivery {
  const { maxQueueBytes: maxBytes, maxConcurrency, maxRequestBytes, maxAgeMs, agent } = config;
  const bounds = { maxBytes, maxConcurrency, maxAgeMs, onReplayed: countReplayed };
  const { spoolDirectory: directory, maxSpoolBytes, maxSpoolAgeMs } = config;
  const spool =
    directory === undefined ? undefined : { directory, maxBytes: maxSpoolBytes, maxAgeMs: maxSpoolAgeMs };
  const queue = config.worker
    ? new WorkerQueue({
        ...bounds,
        ...spoolListeners,
        spool,
        environment: environmentEntries(connectionVariables),
      })
    : new DeliveryQueue({ ...bounds, spool: spool && new Spool({ ...spool, ...spoolListeners }) });
  return { queue, maxRequestBytes, ...(agent && { agent }) };
}

/** Returns the exporter options that the `OTEL_EXPORTER_OTLP_*` variables do not set. */
function exporterOptions(signal: OtlpSignal, protocol: OtlpProtocol, delivery: OtlpDelivery): OtlpOptions {
  return {
    ...delivery,
    protocol: protocol === 'grpc' ? 'grpc' : 'http',
    encoding: protocol === 'http/json' ? 'json' : 'protobuf',
    // Only a flush keeps the process alive, until its deadline.
    unref: true,
    onNotice: onNotice(signal),
  };
}

const grpcPackage = '@grpc/grpc-js';

/** Whether the protocol can be used: gRPC needs an optional dependency. */
function isAvailable(protocol: OtlpProtocol): boolean {
  if (protocol !== 'grpc') return true;
  try {
    ownRequire().resolve(grpcPackage);
    return true;
  } catch {
    const remedy = `npm install ${grpcPackage}, or set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`;
    warnOnce(
      'SONDE_EXPORTER',
      grpcPackage,
      `OTLP over gRPC needs ${grpcPackage}, which is not installed: ${remedy}`,
    );
    return false;
  }
}

/** Creates an exporter. After a failure it warns and returns undefined, so that the other signals are exported. */
function createSafely<E>(signal: OtlpSignal, protocol: OtlpProtocol, create: () => E): E | undefined {
  if (!isAvailable(protocol)) return undefined;
  try {
    return create();
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    warnOnce(
      'SONDE_EXPORTER',
      signal,
      `failed to create the OTLP exporter for ${signal}: ${reason}; ${signal} are not exported`,
    );
    return undefined;
  }
}

/** Creates the OTLP exporter for spans; undefined after a failure, which is reported. */
export function createOtlpSpanExporter(
  protocol: OtlpProtocol,
  delivery: OtlpDelivery,
): SpanExporter | undefined {
  return createSafely(
    'traces',
    protocol,
    () => new OtlpTraceExporter(exporterOptions('traces', protocol, delivery)),
  );
}

/** Creates the OTLP exporter for log records; undefined after a failure, which is reported. */
export function createOtlpLogExporter(
  protocol: OtlpProtocol,
  delivery: OtlpDelivery,
): LogRecordExporter | undefined {
  return createSafely(
    'logs',
    protocol,
    () => new OtlpLogExporter(exporterOptions('logs', protocol, delivery)),
  );
}

/** Creates the OTLP exporter for metrics; undefined after a failure, which is reported. */
export function createOtlpMetricExporter(
  protocol: OtlpProtocol,
  delivery: OtlpDelivery,
): PushMetricExporter | undefined {
  return createSafely(
    'metrics',
    protocol,
    () => new OtlpMetricExporter(exporterOptions('metrics', protocol, delivery)),
  );
}

/** Returns the destination of a signal's OTLP exporter for warnings. */
export function otlpDestination(
  signal: OtlpSignal,
  { protocol }: Pick<Config[OtlpSignal], 'protocol'>,
): string {
  return otlpEndpoint(signal, protocol).origin;
}
