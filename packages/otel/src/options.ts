import type { Agent } from 'node:http';
import type { TextMapPropagator } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { LogRecordExporter, LogRecordProcessor } from '@opentelemetry/sdk-logs';
import type {
  AggregationSelector,
  MetricReader,
  PushMetricExporter,
  ViewOptions,
} from '@opentelemetry/sdk-metrics';
import type { SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';
import type {
  Authentication,
  GaugeAggregation,
  KeyPatterns,
  TlsOptions,
  TranslationStrategy,
} from '@sonde/exporters';
import type { LevelName } from './api/level.ts';

/** An exporter by name: OTLP, one line per item on the console (stderr), or none. */
export type ExporterName = 'otlp' | 'console' | 'none';

/** The OTLP transport protocol. */
export type OtlpProtocol = 'http/protobuf' | 'http/json' | 'grpc';

/** The SDK that creates spans, log records and metrics. */
export type EngineName = 'lean' | 'standard';

/**
 * The batch processor of spans or log records.
 *
 * @see https://opentelemetry.io/docs/specs/otel/trace/sdk/#batching-processor
 */
export interface BatchOptions {
  /**
   * Maximum number of items in the queue. When it is full, new items are dropped and counted.
   * @default 32768, large enough for a burst; the specification's default is 2048
   */
  maxQueueSize?: number;
  /** Maximum number of items per export. @default 512 */
  maxExportBatchSize?: number;
  /** Delay between two exports, in milliseconds. @default 5000 for spans, 1000 for log records */
  scheduledDelayMs?: number;
  /** Timeout of one export, in milliseconds. @default 30000 */
  exportTimeoutMs?: number;
}

/** A rule that keeps a trace: it has a span with status ERROR, or its local root span lasts longer than `slowerThanMs` milliseconds. */
export type KeepRule = 'error' | { readonly slowerThanMs: number };

/** Trace sampling. Metrics are recorded for all requests, sampled or not. */
export interface SamplingOptions {
  /**
   * The ratio of traces to sample, 0 to 1, decided at the root span; child spans follow their parent.
   * @default `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`, else 1
   */
  ratio?: number;
  /**
   * Rules that keep a trace that `ratio` does not sample. All spans of the trace that this process recorded are exported.
   *
   * @default `SONDE_TRACES_KEEP` such as `error,500ms`, else none
   */
  keep?: readonly KeepRule[];
  /** Maximum number of ended spans held in memory while their traces are undecided. @default 10000 */
  maxSpans?: number;
  /** Maximum number of undecided traces held in memory; the oldest is evicted. @default 5000 */
  maxTraces?: number;
}

/** Options for traces. */
export interface TracesOptions {
  /** One or more exporters by name, or an exporter object. @default `OTEL_TRACES_EXPORTER`, else `otlp` */
  exporter?: ExporterName | readonly ExporterName[] | SpanExporter;
  /** @default `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL`, `OTEL_EXPORTER_OTLP_PROTOCOL`, else `http/protobuf` */
  protocol?: OtlpProtocol;
  /** Selects the traces that are exported. @default all */
  sampling?: SamplingOptions;
  /** Span processors that run before the exporters. @default none */
  spanProcessors?: readonly SpanProcessor[];
  /** @default the `OTEL_BSP_*` variables */
  batch?: BatchOptions;
}

/** Options for logs. */
export interface LogsOptions {
  /** One or more exporters by name, or an exporter object. @default `OTEL_LOGS_EXPORTER`, else `otlp` */
  exporter?: ExporterName | readonly ExporterName[] | LogRecordExporter;
  /** @default `OTEL_EXPORTER_OTLP_LOGS_PROTOCOL`, `OTEL_EXPORTER_OTLP_PROTOCOL`, else `http/protobuf` */
  protocol?: OtlpProtocol;
  /** The minimum level of the loggers that `getLogger` returns. @default `SONDE_LOG_LEVEL`, else `info` */
  level?: LevelName;
  /**
   * The minimum level by logger name. A name also covers the dotted names below it: `app` covers `app.db`.
   * @default `SONDE_LOG_LEVEL` such as `info,app.db=debug`, else none
   */
  levels?: Readonly<Record<string, LevelName>>;
  /**
   * The format in which records of `getLogger` are written to stderr: `pretty`, `json`, `logfmt`, a format string of Python's
   * `logging` such as `%(asctime)s - %(levelname)s - %(message)s`, or false to write nothing.
   * @default `SONDE_LOG_CONSOLE`, else `pretty` on a terminal and `json` elsewhere
   */
  console?: 'pretty' | 'json' | 'logfmt' | (string & {}) | false;
  /**
   * Creates a log record for each call of `console.log` and the other printing methods of `console`. With `replace` the
   * records replace the output; with true the output stays.
   * @default false
   */
  captureConsole?: boolean | 'replace';
  /**
   * Creates log records from pino and winston, after the logger's own redaction, serializers and formats. The logger's own
   * output stays. @default `SONDE_LOG_CAPTURE_LOGGERS`, else true
   */
  captureLoggers?: boolean;
  /** Creates a log record for each process warning, such as a deprecation. @default true */
  captureWarnings?: boolean;
  /**
   * Adds `trace_id`, `span_id` and `trace_flags` of the active span to the output of pino and winston.
   * @default `SONDE_LOG_TRACE_IDS`, else true
   */
  traceIds?: boolean;
  /** Log record processors that run before the exporters. @default none */
  logRecordProcessors?: readonly LogRecordProcessor[];
  /** @default the `OTEL_BLRP_*` variables */
  batch?: BatchOptions;
}

/** The endpoint that Prometheus scrapes: `http://<host>:<port>/metrics`. */
export interface PrometheusEndpointOptions {
  /** The port to listen on; 0 selects a free port. @default `OTEL_EXPORTER_PROMETHEUS_PORT`, else 9464 */
  port?: number;
  /** The address to listen on; `0.0.0.0` accepts other machines. @default `OTEL_EXPORTER_PROMETHEUS_HOST`, else `localhost` */
  host?: string;
  /**
   * Host names, without port, that are allowed in addition to loopback names, `host` and private names. `*.example.com` allows every
   * subdomain, `*` allows every name. A request with another `Host` header gets status 421.
   * @default `SONDE_PROMETHEUS_ALLOWED_HOSTS`, separated by commas, else none
   */
  allowedHosts?: readonly string[];
  /** The path of the endpoint. @default '/metrics' */
  path?: string;
  /** Starts no server: mount `sonde.metricsHandler` in a server of the application instead. @default false */
  preventServerStart?: boolean;
  /** Credentials that scrapers must send: `{ username, password }` or `{ bearerToken }`. @default none */
  authentication?: Authentication;
  /** Serves over TLS with these `node:tls` options; `ca` with `requestCert` requires client certificates. @default plain HTTP */
  tls?: TlsOptions;
  /**
   * How metric and label names are translated: `NoTranslation` keeps `http.server.request.duration` for scrapers that support
   * UTF-8 names. @default 'UnderscoreEscapingWithSuffixes'
   */
  translationStrategy?: TranslationStrategy;
  /** Adds labels with the instrumentation scope to each series. @default true */
  scopeInfo?: boolean;
  /** Exposes the resource as `target_info`. @default true */
  targetInfo?: boolean;
  /** Keys of resource attributes that are labels of every series, such as `k8s.*`; or `{ included, excluded }`. @default [] */
  resourceLabels?: readonly string[] | KeyPatterns;
  /** The default aggregation by instrument type, for this endpoint. @default that of the SDK */
  aggregationSelector?: AggregationSelector;
  /** How gauges of the workers of a cluster are aggregated. @default 'worker' */
  clusterGaugeAggregation?: GaugeAggregation;
}

/** An exporter of metrics by name. */
export type MetricExporterName = 'otlp' | 'prometheus' | 'console' | 'none';

/** Options for metrics. */
export interface MetricsOptions {
  /** One or more exporters by name, or an exporter object. @default `OTEL_METRICS_EXPORTER`, else `otlp` */
  exporter?: MetricExporterName | readonly MetricExporterName[] | PushMetricExporter;
  /** @default `OTEL_EXPORTER_OTLP_METRICS_PROTOCOL`, `OTEL_EXPORTER_OTLP_PROTOCOL`, else `http/protobuf` */
  protocol?: OtlpProtocol;
  /**
   * Serves a Prometheus endpoint in addition to `exporter`. False disables the endpoint, even when `exporter` names `prometheus`.
   * @default true if `exporter` names `prometheus`, else false
   */
  prometheus?: PrometheusEndpointOptions | boolean;
  /** Interval between two exports, in milliseconds. @default `OTEL_METRIC_EXPORT_INTERVAL`, else 60000 */
  intervalMs?: number;
  /** Timeout of one export, in milliseconds; at most `intervalMs`. 0 means no limit. @default `OTEL_METRIC_EXPORT_TIMEOUT`, else 30000 */
  timeoutMs?: number;
  /** Collects metrics of the event loop, garbage collection and the V8 heap. @default true */
  runtime?: boolean;
  /** Collects metrics of the process: processor time, memory, file descriptors and threads. @default true */
  process?: boolean;
  /**
   * Selects the measurements that become exemplars: those inside sampled spans, all, or none.
   * @default `OTEL_METRICS_EXEMPLAR_FILTER`, else `trace_based`
   * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk/#exemplarfilter
   */
  exemplarFilter?: 'trace_based' | 'always_on' | 'always_off';
  /**
   * Views of the metrics SDK. @default none
   * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk/#view
   */
  views?: readonly ViewOptions[];
  /**
   * Milliseconds without a measurement after which a series is removed; must exceed the collection interval. A later measurement
   * with the same attributes starts a new series. Supported by the lean engine only.
   * @default never
   */
  expireAfterMs?: number;
  /** Metric readers in addition to those of the other options. @default none */
  metricReaders?: readonly MetricReader[];
}

/** Options for the delivery of all signals over OTLP. */
export interface OtlpDeliveryOptions {
  /**
   * Maximum size of the queue in memory, in bytes, of all signals together. When the queue is full, the oldest batches of the
   * signal that needs the space are dropped and counted. @default `SONDE_OTLP_QUEUE_BYTES`, else 67108864, 64 MiB
   */
  maxQueueBytes?: number;
  /**
   * Maximum number of bytes of a request, before compression. Larger batches, and batches that the receiver rejects as too large,
   * are split. @default `SONDE_OTLP_REQUEST_BYTES`, else 1048576, 1 MiB
   */
  maxRequestBytes?: number;
  /**
   * Maximum number of requests in flight to one receiver. After a timeout or a response with `Retry-After`, the limit falls to 1
   * and grows by 1 with each success.
   * @default `SONDE_OTLP_CONCURRENCY`, else 4
   */
  maxConcurrency?: number;
  /** Milliseconds after which a batch that could not be delivered is dropped and counted. @default `SONDE_OTLP_MAX_AGE`, else unlimited */
  maxAgeMs?: number;
  /**
   * A directory in which undelivered batches survive the end of the process, including SIGKILL; a later process delivers them.
   * A missing directory is created with mode 0700; an existing one must be private to the user of the process.
   * Several processes can share it.
   * @default `SONDE_OTLP_SPOOL_DIR`, else none: undelivered batches are kept in memory
   */
  spoolDirectory?: string;
  /** Maximum size of the spool directory, in bytes. The oldest batches are dropped and counted. @default `SONDE_OTLP_SPOOL_BYTES`, else 268435456, 256 MiB */
  maxSpoolBytes?: number;
  /** Milliseconds after which a batch in the spool directory is dropped and counted. @default `SONDE_OTLP_SPOOL_MAX_AGE`, else 172800000, 48 hours */
  maxSpoolAgeMs?: number;
  /**
   * Compresses, sends and stores batches in a worker thread, which keeps exporting while the main thread is busy. The worker
   * starts with the first batch. @default `SONDE_OTLP_WORKER`, else false
   */
  worker?: boolean;
  /**
   * The agent for OTLP over HTTP: an `http.Agent` for an `http:` endpoint, an `https.Agent` for an `https:` one. The application
   * destroys it. With an agent of any other class, requests are sent from the main thread only, and none in the 'exit' event.
   * @default an agent that uses the proxies of the environment if `NODE_USE_ENV_PROXY=1` is set, as Node.js does
   */
  agent?: Agent;
}

/** Selects instrumentations by short name: `express` is `@opentelemetry/instrumentation-express`. */
export interface InstrumentationOptions {
  /** Enables the instrumentation packages that are installed in the application. @default true */
  discover?: boolean;
  /** The only instrumentations to enable. @default `OTEL_NODE_ENABLED_INSTRUMENTATIONS`, else all */
  enabled?: readonly string[];
  /** Instrumentations to disable; takes precedence over `enabled`. @default `OTEL_NODE_DISABLED_INSTRUMENTATIONS`, else none */
  disabled?: readonly string[];
  /**
   * Paths, without query, whose incoming requests are neither traced nor measured; spans that their handlers create are not
   * recorded either. An empty list ignores no path.
   * @default `SONDE_IGNORE_PATHS`, else `/healthz`, `/livez`, `/readyz`, `/health`, `/ping` and `/metrics`
   */
  ignorePaths?: readonly string[];
}

/** Secrets in addition to the built-in ones: authorization, cookies, tokens, passwords, API keys and credentials in URLs. */
export interface RedactOptions {
  /**
   * Names of attributes, header fields and query parameters whose values are secret. Case, `-` and `_` are ignored;
   * `card.number` also matches `payment.card.number`. @default `SONDE_REDACT_KEYS`, else none
   */
  keys?: readonly string[];
  /** Names that match a secret but are not one, such as `page_token`. @default none */
  except?: readonly string[];
  /**
   * Redacts tokens, private keys and assignments such as `password=hunter2` in free text too: log messages, span names,
   * and messages and stacks of exceptions. Without it, only URLs are redacted there.
   * @default `SONDE_REDACT_MESSAGES`, else false
   */
  messages?: boolean;
}

/** Options for the export of pending telemetry at process exit. */
export interface ExitOptions {
  /** Timeout of the final flush, in milliseconds. @default `SONDE_EXIT_TIMEOUT`, else 2000 */
  timeoutMs?: number;
}

/**
 * Options of `start()`. An option takes precedence over its environment variable, which takes precedence over the default.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export interface SondeOptions {
  /** True disables telemetry: `start()` does nothing. @default `OTEL_SDK_DISABLED`, else false */
  disabled?: boolean;
  /**
   * Path of a declarative configuration file (YAML). The file alone defines the pipelines: of the resource, traces, logs and
   * metrics options only `traces.sampling.keep`, `logs.captureLoggers` and `logs.traceIds` apply. @default `OTEL_CONFIG_FILE`
   */
  configFile?: string;
  /**
   * The SDK that creates spans, log records and metrics: `lean` is Sonde's own, with lower overhead; `standard` is
   * `@opentelemetry/sdk-*`. Both feed the same processors, readers and exporters. @default `SONDE_ENGINE`, else `lean`
   */
  engine?: EngineName;
  /** `service.name`. @default `OTEL_SERVICE_NAME`, else the name in the nearest package.json */
  serviceName?: string;
  /** `service.version`. @default the version in the nearest package.json */
  serviceVersion?: string;
  /** Resource attributes; they take precedence over `OTEL_RESOURCE_ATTRIBUTES` and detected attributes. @default none */
  resource?: Readonly<Record<string, string | number | boolean>>;
  traces?: TracesOptions;
  logs?: LogsOptions;
  metrics?: MetricsOptions;
  /** The queue, the spool and the requests of OTLP exporters. */
  otlp?: OtlpDeliveryOptions;
  /** Selects the installed and bundled instrumentations that are enabled. */
  instrumentation?: InstrumentationOptions;
  /** Instrumentation objects that you configured; each replaces the installed or bundled one of the same name. @default none */
  instrumentations?: readonly Instrumentation[];
  /** The propagators. @default those that `OTEL_PROPAGATORS` names, else W3C trace context and baggage */
  propagators?: readonly TextMapPropagator[];
  /**
   * Redacts secrets from spans, log records, metrics and the resource before export, including console output.
   * False disables redaction. @default `SONDE_REDACT`, else true
   */
  redact?: RedactOptions | boolean;
  /** The final flush when the process exits. */
  exit?: ExitOptions;
}
