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

/** A counter of the Collector, per second, one series for each signal. */
const bySignal = (counter: string): Series[] =>
  signals.map((signal) => ({
    expr: `sum(rate(otelcol_${counter}_${signal}[$__rate_interval]))`,
    legend: signal.replace('_', ' '),
  }));

/** Everything that the Collector refused or dropped, per second; 0 where it has counted nothing yet. */
const lostByCollector = ['receiver_refused', 'exporter_enqueue_failed', 'exporter_send_failed']
  .flatMap(bySignal)
  .map(({ expr }) => `(${expr} or vector(0))`)
  .join(' + ');

/** What the SDK calls its signals, and what the reader does. */
const items = [
  ['span', 'spans'],
  ['log', 'log records'],
  ['metric_data_point', 'metric points'],
] as const;
/** Those that wait in a queue: metrics are collected when they are sent. */
const queued = items.slice(0, 2);

/** A counter of the SDK in the chosen service, per second. */
const ofService = (counter: string, matcher: string): string =>
  `rate(otel_sdk_${counter}_total{job="$job", ${matcher}}[$__rate_interval])`;

/** Each way of losing telemetry inside the service: its queue is full, or its exporter fails. */
const losses: readonly Series[] = [
  ...queued.map(([item, name]) => ({
    expr: `sum by (error_type) (${ofService(`processor_${item}_processed`, 'error_type!=""')})`,
    legend: `${name}, {{error_type}}`,
  })),
  ...items.map(([item, name]) => ({
    expr: `sum by (error_type) (${ofService(`exporter_${item}_exported`, 'error_type!=""')})`,
    legend: `${name}, {{error_type}}`,
  })),
];

/** Whether what the other pages show can be believed: deliveries, queues and losses on the way, and scrapes. */
export const telemetryHealth: Dashboard = page(
  'sonde-telemetry-health',
  'Telemetry health',
  'What telemetry costs, and whether any is lost on the way.',
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
        title: 'Lost by the service',
        description: 'Spans, log records and metric points per second that never left the process.',
        unit: 'short',
        steps: lossSteps,
      },
      losses.map(({ expr }) => `sum(${expr})`).join(' + '),
    ),
  )
  .withPanel(
    stat(
      {
        title: 'Lost by the Collector',
        description: 'Spans, log records and metric points per second that it refused or dropped.',
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
        description: 'The slowest scrape of the service.',
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
        title: 'Sent by the service',
        description: 'Spans, log records and metric points per second that a Collector has taken.',
        unit: 'short',
      },
      ...items.map(([item, name]) => ({
        expr: `sum(${ofService(`exporter_${item}_exported`, 'error_type=""')})`,
        legend: name,
      })),
    ),
  )
  .withPanel(
    graph(
      {
        title: 'Losses of the service',
        description: 'What never left the process, per second: the queue was full, or no Collector took it.',
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
        description: 'How full the queue of each instance is. Full queues lose what comes next.',
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
        description: 'Series that a scrape reads. A number that only climbs is an attribute without a limit.',
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
        description: 'Spans, log records and metric points that came in over OTLP, per second.',
        unit: 'short',
      },
      ...bySignal('receiver_accepted'),
    ),
  )
  .withPanel(
    graph(
      { title: 'Delivered', description: 'What the back ends have taken, per second.', unit: 'short' },
      ...bySignal('exporter_sent'),
    ),
  )
  .withPanel(
    graph(
      {
        title: 'Queues',
        description: 'How full the queue to each back end is. Full queues lose what comes in.',
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
