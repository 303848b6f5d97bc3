import type { TextMapPropagator } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { LogRecordExporter, LogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { MetricReader, ViewOptions } from '@opentelemetry/sdk-metrics';
import type { SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { LevelName } from './api/level.ts';

/** Where a signal goes by name: OTLP, one line each on the console, or nowhere. */
export type ExporterName = 'otlp' | 'console' | 'none';

/** The transport of OTLP. */
export type OtlpProtocol = 'http/protobuf' | 'http/json' | 'grpc';

/** How finished spans or log records wait for export. */
export interface BatchOptions {
  /** The most items that wait; more are dropped. @default 32768, so that a burst fits; the specification's is 2048 */
  maxQueueSize?: number;
  /** The most items in one export. @default 512 */
  maxExportBatchSize?: number;
  /** Milliseconds between two exports. @default 5000 for spans, 1000 for log records */
  scheduledDelayMs?: number;
  /** Milliseconds that one export may take. @default 30000 */
  exportTimeoutMs?: number;
}

/** A reason to keep a trace that the ratio would not: a span of it failed, or its local root took that long. */
export type KeepRule = 'error' | { readonly slowerThanMs: number };

/** Which traces are exported. The metrics of all of them are recorded. */
export interface SamplingOptions {
  /** The part of traces to sample, 0 to 1, decided at the root. @default `OTEL_TRACES_SAMPLER`, else 1 */
  ratio?: number;
  /**
   * What is exported beside that: all spans that this process has of a trace with an error, or of one that is slow.
   *
   * @default `SONDE_TRACES_KEEP` such as `error,500ms`, else nothing
   */
  keep?: readonly KeepRule[];
  /** The most spans that wait until it is known whether their trace is kept. @default 10000 */
  maxSpans?: number;
  /** The most traces of which that is not known yet. @default 5000 */
  maxTraces?: number;
}

/** Spans: what is recorded and where it goes. */
export interface TracesOptions {
  /** @default `OTEL_TRACES_EXPORTER`, else `otlp` */
  exporter?: ExporterName | readonly ExporterName[] | SpanExporter;
  /** @default `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL`, `OTEL_EXPORTER_OTLP_PROTOCOL`, else `http/protobuf` */
  protocol?: OtlpProtocol;
  sampling?: SamplingOptions;
  /** Processors that see each span before the exporter does. */
  spanProcessors?: readonly SpanProcessor[];
  /** @default the `OTEL_BSP_*` variables */
  batch?: BatchOptions;
}

/** Log records: which pass, how they look on the console, where they go. */
export interface LogsOptions {
  /** @default `OTEL_LOGS_EXPORTER`, else `otlp` */
  exporter?: ExporterName | readonly ExporterName[] | LogRecordExporter;
  /** @default `OTEL_EXPORTER_OTLP_LOGS_PROTOCOL`, `OTEL_EXPORTER_OTLP_PROTOCOL`, else `http/protobuf` */
  protocol?: OtlpProtocol;
  /** The least severe level that loggers let through. @default `SONDE_LOG_LEVEL`, else `info` */
  level?: LevelName;
  /** Levels by logger name; a name covers the dotted names below it. */
  levels?: Readonly<Record<string, LevelName>>;
  /**
   * How records made through `getLogger` are written to stderr: `pretty`, `json`, `logfmt`, a format of Python's
   * `logging` such as `%(asctime)s - %(levelname)s - %(message)s`, or false for not at all.
   * @default `SONDE_LOG_CONSOLE`, else `pretty` on a terminal and `json` elsewhere
   */
  console?: 'pretty' | 'json' | 'logfmt' | (string & {}) | false;
  /**
   * Makes records of what the application writes with `console`: true beside the output, `replace` instead of it.
   * @default false
   */
  captureConsole?: boolean | 'replace';
  /**
   * Makes records of what the application writes with pino and winston, after their own redaction, serializers and
   * formats; their output stays. @default `SONDE_LOG_CAPTURE_LOGGERS`, else true
   */
  captureLoggers?: boolean;
  /** Makes records of the warnings that Node emits. @default true */
  captureWarnings?: boolean;
  /**
   * Writes `trace_id`, `span_id` and `trace_flags` of the active span into pino's lines and winston's infos.
   * @default `SONDE_LOG_TRACE_IDS`, else true
   */
  traceIds?: boolean;
  /** Processors that see each log record before the exporter does. */
  logRecordProcessors?: readonly LogRecordProcessor[];
  /** @default the `OTEL_BLRP_*` variables */
  batch?: BatchOptions;
}

/** The page that Prometheus scrapes. */
export interface PrometheusEndpointOptions {
  /** 0 takes a free port. @default `OTEL_EXPORTER_PROMETHEUS_PORT`, else 9464 */
  port?: number;
  /** The address to listen on. @default `OTEL_EXPORTER_PROMETHEUS_HOST`, else `localhost` */
  host?: string;
  /**
   * Names, without port, by which the page may be reached beside loopback, `host` and private names; `*.example.com` is every name below that one,
   * `*` every name. Requests with another `Host` get 421.
   * @default `SONDE_PROMETHEUS_ALLOWED_HOSTS`, separated by commas, else none
   */
  allowedHosts?: readonly string[];
}

/** Metrics: where they go and how often. */
export interface MetricsOptions {
  /** @default `OTEL_METRICS_EXPORTER`, else `['otlp']` */
  exporter?: readonly ('otlp' | 'prometheus' | 'console' | 'none')[];
  /** @default `OTEL_EXPORTER_OTLP_METRICS_PROTOCOL`, `OTEL_EXPORTER_OTLP_PROTOCOL`, else `http/protobuf` */
  protocol?: OtlpProtocol;
  /** Opens a page for Prometheus beside the exporters named, or keeps it shut. */
  prometheus?: PrometheusEndpointOptions | boolean;
  /** Milliseconds between two exports. @default `OTEL_METRIC_EXPORT_INTERVAL`, else 60000 */
  intervalMs?: number;
  /** Milliseconds that one export may take. @default `OTEL_METRIC_EXPORT_TIMEOUT`, else 30000 */
  timeoutMs?: number;
  /** Event loop, garbage collection and heap. @default true */
  runtime?: boolean;
  /** Views of the metrics SDK. */
  views?: readonly ViewOptions[];
  /**
   * Milliseconds after which a series is forgotten in which nothing was measured; longer than the time between two
   * collections. What is measured with its attributes later begins a new one. With the lean engine alone.
   * @default never
   */
  expireAfterMs?: number;
  /** Readers beside those that the other options name. */
  metricReaders?: readonly MetricReader[];
}

/** Which instrumentations run, by short name: `express` stands for `@opentelemetry/instrumentation-express`. */
export interface InstrumentationOptions {
  /** Starts the instrumentations that the application has installed. @default true */
  discover?: boolean;
  /** The only ones to start. @default `OTEL_NODE_ENABLED_INSTRUMENTATIONS`, else all */
  enabled?: readonly string[];
  /** Those not to start; they win over `enabled`. @default `OTEL_NODE_DISABLED_INSTRUMENTATIONS`, else none */
  disabled?: readonly string[];
  /**
   * Incoming requests for exactly these paths, whatever their query, are neither traced nor measured, nor is what
   * their handlers do traced. An empty list lets all requests be seen.
   * @default `SONDE_IGNORE_PATHS`, else `/healthz`, `/livez`, `/readyz`, `/health`, `/ping` and `/metrics`
   */
  ignorePaths?: readonly string[];
}

/** What is a secret beside what always is: authorization, cookies, tokens, passwords, API keys, credentials in URLs. */
export interface RedactOptions {
  /**
   * Names of attributes, header fields and query members whose values are secrets. Case, `-` and `_` do not matter;
   * `card.number` covers `payment.card.number`. @default `SONDE_REDACT_KEYS`, else none
   */
  keys?: readonly string[];
  /** Names that look like one of a secret and are none, such as `page_token`. @default none */
  except?: readonly string[];
  /**
   * Searches free text too, which is log messages, names of spans, and messages and stacks of exceptions: for tokens,
   * private keys and assignments such as `password=hunter2`. Without it only URLs are searched there.
   * @default `SONDE_REDACT_MESSAGES`, else false
   */
  messages?: boolean;
}

/**
 * What `start()` takes. Each option wins over its environment variable, which wins over the default.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export interface SondeOptions {
  /** True starts nothing. @default `OTEL_SDK_DISABLED`, else false */
  disabled?: boolean;
  /**
   * A declarative configuration file (YAML). It alone decides where telemetry goes: of the options for resource, traces,
   * logs and metrics only `traces.sampling.keep` and those of the bridges for loggers are used then. @default `OTEL_CONFIG_FILE`
   */
  configFile?: string;
  /**
   * What makes spans, log records and metrics: `lean`, classes of Sonde that feed the same processors, readers and
   * exporters for less, or `standard`, upstream's SDK. @default `SONDE_ENGINE`, else `lean`
   */
  engine?: 'lean' | 'standard';
  /** `service.name`. @default `OTEL_SERVICE_NAME`, else the name in the nearest package.json */
  serviceName?: string;
  /** `service.version`. @default the version in the nearest package.json */
  serviceVersion?: string;
  /** Resource attributes; they win over `OTEL_RESOURCE_ATTRIBUTES` and over what is detected. */
  resource?: Readonly<Record<string, string | number | boolean>>;
  traces?: TracesOptions;
  logs?: LogsOptions;
  metrics?: MetricsOptions;
  /** What is instrumented of what the application has installed, and what comes with Sonde. */
  instrumentation?: InstrumentationOptions;
  /** Instrumentations with settings of your own; one that is installed or comes with Sonde gives way to them. */
  instrumentations?: readonly Instrumentation[];
  /** @default those that `OTEL_PROPAGATORS` names, else W3C trace context and baggage */
  propagators?: readonly TextMapPropagator[];
  /**
   * Takes secrets out of spans, log records, metrics and the resource, the console's included, before anything is
   * exported. False leaves all as it is. @default `SONDE_REDACT`, else true
   */
  redact?: RedactOptions | boolean;
  exit?: {
    /** Milliseconds that the last export may take when the process ends. @default `SONDE_EXIT_TIMEOUT`, else 2000 */
    timeoutMs?: number;
  };
}
