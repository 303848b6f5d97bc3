import { type Dashboard, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { page } from './page.ts';
import { graph, type Series, stat, type Step } from './panels.ts';

const lossSteps: readonly Step[] = [
  [0, 'green'],
  [0.001, 'red'],
];

const queueSteps: readonly Step[] = [
  [0, 'green'],
  [0.5, 'yellow'],
  [0.8, 'red'],
];

const signals = ['spans', 'log_records', 'metric_points'] as const;

/** Rates of a Collector counter, one series per signal. */
const bySignal = (counter: string): Series[] =>
  signals.map((signal) => ({
    expr: `sum(rate(otelcol_${counter}_${signal}[$__rate_interval]))`,
    legend: signal.replace('_', ' '),
  }));

/** Rate of items that the Collector refused or dropped; 0 without data. */
const lostByCollector = ['receiver_refused', 'exporter_enqueue_failed', 'exporter_send_failed']
  .flatMap(bySignal)
  .map(({ expr }) => `(${expr} or vector(0))`)
  .join(' + ');

/** Signals: names in SDK metrics and in legends. */
const items = [
  ['span', 'spans'],
  ['log', 'log records'],
  ['metric_data_point', 'metric points'],
] as const;
/** Signals with a queue; metrics are collected at export. */
const queued = items.slice(0, 2);

/** Rate of an SDK counter of the selected service. */
const sdkRate = (counter: string, matcher: string): string =>
  `rate(otel_sdk_${counter}_total{job="$job", ${matcher}}[$__rate_interval])`;

/** Telemetry that the service drops: full queue or failed export. */
const losses: readonly Series[] = [
  ...queued.map(([item, name]) => ({
    expr: `sum by (error_type) (${sdkRate(`processor_${item}_processed`, 'error_type!=""')})`,
    legend: `${name}, {{error_type}}`,
  })),
  ...items.map(([item, name]) => ({
    expr: `sum by (error_type) (${sdkRate(`exporter_${item}_exported`, 'error_type!=""')})`,
    legend: `${name}, {{error_type}}`,
  })),
];

/** Health of the telemetry pipeline: exports, queues, dropped telemetry and scrapes. */
export const telemetryHealth: Dashboard = page(
  'sonde-telemetry-health',
  'Telemetry health',
  'Volume of telemetry, and where it is dropped.',
)
  .withPanel(
    stat(
      {
        title: 'Targets down',
        description: 'Targets that Prometheus cannot scrape.',
        unit: 'short',
        steps: [
          [0, 'green'],
          [1, 'red'],
        ],
      },
      'count(up == 0) or vector(0)',
    ),
  )
  .withPanel(
    stat(
      {
        title: 'Dropped by the service',
        description: 'Spans, log records and metric points per second that were not exported.',
        unit: 'short',
        steps: lossSteps,
      },
      losses.map(({ expr }) => `sum(${expr})`).join(' + '),
    ),
  )
  .withPanel(
    stat(
      {
        title: 'Dropped by the Collector',
        description: 'Spans, log records and metric points per second that the Collector refused or dropped.',
        unit: 'short',
        steps: lossSteps,
      },
      lostByCollector,
    ),
  )
  .withPanel(
    stat(
      {
        title: 'Scrape',
        description: 'Duration of the slowest scrape of the service.',
        unit: 's',
        steps: [
          [0, 'green'],
          [1, 'yellow'],
          [4, 'red'],
        ],
      },
      'max(scrape_duration_seconds{job="$job"})',
    ),
  )
  .withRow(new RowBuilder('Service'))
  .withPanel(
    graph(
      {
        title: 'Exported by the service',
        description: 'Spans, log records and metric points per second that a Collector accepted.',
        unit: 'short',
      },
      ...items.map(([item, name]) => ({
        expr: `sum(${sdkRate(`exporter_${item}_exported`, 'error_type=""')})`,
        legend: name,
      })),
    ),
  )
  .withPanel(
    graph(
      {
        title: 'Dropped telemetry of the service',
        description:
          'Items per second that were not exported, because the queue was full or the export failed.',
        unit: 'short',
        steps: lossSteps,
      },
      ...losses,
    ),
  )
  .withPanel(
    graph(
      {
        title: 'Queues of the service',
        description: 'Fill level of the queue of each instance. A full queue drops new items.',
        unit: 'percentunit',
        max: 1,
        steps: queueSteps,
      },
      ...queued.map(([item, name]) => ({
        expr:
          `sum by (instance) (otel_sdk_processor_${item}_queue_size{job="$job"}) / ` +
          `clamp_min(sum by (instance) (otel_sdk_processor_${item}_queue_capacity{job="$job"}), 1)`,
        legend: `{{instance}} ${name}`,
      })),
    ),
  )
  .withPanel(
    graph(
      {
        title: 'Series by instance',
        description:
          'Number of scraped series. Constant growth indicates an attribute with unbounded values.',
        unit: 'short',
      },
      { expr: 'scrape_samples_post_metric_relabeling', legend: '{{job}} {{instance}}' },
    ),
  )
  .withRow(new RowBuilder('Collector'))
  .withPanel(
    graph(
      {
        title: 'Received',
        description: 'Spans, log records and metric points per second that were received over OTLP.',
        unit: 'short',
      },
      ...bySignal('receiver_accepted'),
    ),
  )
  .withPanel(
    graph(
      { title: 'Exported', description: 'Items per second that the back ends accepted.', unit: 'short' },
      ...bySignal('exporter_sent'),
    ),
  )
  .withPanel(
    graph(
      {
        title: 'Queues',
        description: 'Fill level of the queue of each back end. A full queue drops new data.',
        unit: 'percentunit',
        max: 1,
        steps: queueSteps,
      },
      { expr: 'otelcol_exporter_queue_size / otelcol_exporter_queue_capacity', legend: '{{exporter}}' },
    ),
  )
  .withPanel(
    graph(
      { title: 'Memory of the Collector', description: 'Bytes in use.', unit: 'bytes' },
      { expr: 'otelcol_process_memory_rss', legend: '{{instance}}' },
    ),
  )
  .build();
