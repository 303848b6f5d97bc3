import { type Dashboard, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { page } from './page.ts';
import { graph, type Series, stat } from './panels.ts';

const signals = ['spans', 'log_records', 'metric_points'] as const;

/** A counter of the Collector, per second, one series for each signal. */
const bySignal = (counter: string): Series[] =>
  signals.map((signal) => ({
    expr: `sum(rate(otelcol_${counter}_${signal}[$__rate_interval]))`,
    legend: signal.replace('_', ' '),
  }));

/** Everything that the Collector refused or dropped, per second; 0 where it has counted nothing yet. */
const lost = ['receiver_refused', 'exporter_enqueue_failed', 'exporter_send_failed']
  .flatMap(bySignal)
  .map(({ expr }) => `(${expr} or vector(0))`)
  .join(' + ');

/** Whether what the other pages show can be believed: scrapes, the Collector's deliveries, queues and losses. */
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
        title: 'Lost per second',
        description: 'Spans, log records and metric points that the Collector refused or dropped.',
        unit: 'short',
        steps: [
          [0, 'green'],
          [0.001, 'red'],
        ],
      },
      lost,
    ),
  )
  .withPanel(
    stat(
      {
        title: 'Series',
        description:
          'Series that a scrape of the service reads. A number that only climbs is an attribute without a limit.',
        unit: 'short',
      },
      'sum(scrape_samples_post_metric_relabeling{job="$job"})',
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
  .withRow(new RowBuilder('Scrapes'))
  .withPanel(
    graph(
      { title: 'Duration of scrapes', description: 'How long each instance takes to answer.', unit: 's' },
      { expr: 'scrape_duration_seconds', legend: '{{job}} {{instance}}' },
    ),
  )
  .withPanel(
    graph(
      { title: 'Series by instance', description: 'Series that a scrape reads.', unit: 'short' },
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
        steps: [
          [0, 'green'],
          [0.5, 'yellow'],
          [0.8, 'red'],
        ],
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
