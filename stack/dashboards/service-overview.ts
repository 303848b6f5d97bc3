import { type Dashboard, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder as LokiQueryBuilder } from '@grafana/grafana-foundation-sdk/loki';
import { PanelBuilder as LogsBuilder } from '@grafana/grafana-foundation-sdk/logs';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import {
  DataqueryBuilder as TempoQueryBuilder,
  SearchTableType,
} from '@grafana/grafana-foundation-sdk/tempo';
import { chosen, servicePage } from './page.ts';
import { graph, heatmap, stat, type Step } from './panels.ts';

const duration = 'http_server_request_duration_seconds';
const rate = (series: string, matchers = ''): string =>
  `rate(${series}{${chosen}${matchers}}[$__rate_interval])`;
const requests = rate(`${duration}_count`);
const failures = rate(`${duration}_count`, ', http_response_status_code=~"5.."');
const quantile = (q: number): string =>
  `histogram_quantile(${q}, sum by (le) (${rate(`${duration}_bucket`)}))`;

const errorSteps: readonly Step[] = [
  [0, 'green'],
  [0.001, 'yellow'],
  [0.01, 'red'],
];
const latencySteps: readonly Step[] = [
  [0, 'green'],
  [0.5, 'yellow'],
  [1, 'red'],
];

/** Overview of a service: rate, errors and duration by route, active requests, saturation. */
export const serviceOverview: Dashboard = servicePage(
  'sonde-service-overview',
  'Service overview',
  'Rate, errors and duration of the requests of one service, by route.',
)
  .withPanel(
    stat(
      { title: 'Requests', description: 'Completed requests per second.', unit: 'reqps' },
      `sum(${requests})`,
    ),
  )
  .withPanel(
    stat(
      {
        title: 'Errors',
        description: 'Fraction of responses with status 5xx.',
        unit: 'percentunit',
        steps: errorSteps,
      },
      `(sum(${failures}) or vector(0)) / sum(${requests})`,
    ),
  )
  .withPanel(
    stat(
      {
        title: 'Duration, 95 %',
        description: '95th percentile of the duration.',
        unit: 's',
        steps: latencySteps,
      },
      quantile(0.95),
    ),
  )
  .withPanel(
    stat(
      { title: 'In flight', description: 'Active requests.', unit: 'short' },
      `sum(http_server_active_requests{${chosen}})`,
    ),
  )
  .withRow(new RowBuilder('Requests'))
  .withPanel(
    graph(
      { title: 'Requests by route', description: 'Completed requests per second.', unit: 'reqps' },
      {
        expr: `sum by (http_request_method, http_route) (${requests})`,
        legend: '{{http_request_method}} {{http_route}}',
      },
    ),
  )
  .withPanel(
    graph(
      {
        title: 'Errors by route',
        description: 'Fraction of responses with status 5xx.',
        unit: 'percentunit',
        steps: errorSteps,
      },
      {
        expr:
          `(sum by (http_request_method, http_route) (${failures}) or ` +
          `0 * sum by (http_request_method, http_route) (${requests})) / ` +
          `sum by (http_request_method, http_route) (${requests})`,
        legend: '{{http_request_method}} {{http_route}}',
      },
    ),
  )
  .withPanel(
    graph(
      {
        title: 'Duration',
        description: 'Median, 95th and 99th percentile. A dot is one request and links to its trace.',
        unit: 's',
        steps: latencySteps,
      },
      { expr: quantile(0.5), legend: '50 %' },
      { expr: quantile(0.95), legend: '95 %', exemplars: true },
      { expr: quantile(0.99), legend: '99 %' },
    ),
  )
  .withPanel(
    heatmap(
      {
        title: 'Distribution of the duration',
        description: 'A darker color means more requests. A dot is one request and links to its trace.',
        unit: 's',
      },
      `sum by (le) (${rate(`${duration}_bucket`)})`,
    ),
  )
  .withPanel(
    graph(
      {
        title: 'Duration by route, 95 %',
        description: '95th percentile of the duration of the route.',
        unit: 's',
        steps: latencySteps,
      },
      {
        expr: `histogram_quantile(0.95, sum by (le, http_request_method, http_route) (${rate(`${duration}_bucket`)}))`,
        legend: '{{http_request_method}} {{http_route}}',
      },
    ),
  )
  .withPanel(
    graph(
      { title: 'Responses by status', description: 'Responses per second.', unit: 'reqps' },
      { expr: `sum by (http_response_status_code) (${requests})`, legend: '{{http_response_status_code}}' },
    ),
  )
  .withRow(new RowBuilder('Saturation'))
  .withPanel(
    graph(
      {
        title: 'In flight by instance',
        description: 'Concurrent requests.',
        unit: 'short',
      },
      { expr: `sum by (instance) (http_server_active_requests{${chosen}})`, legend: '{{instance}}' },
    ),
  )
  .withPanel(
    graph(
      {
        title: 'Event loop utilization',
        description: 'Fraction of time in which the event loop is busy. At 100 %, the instance is saturated.',
        unit: 'percentunit',
        max: 1,
        steps: [
          [0, 'green'],
          [0.7, 'yellow'],
          [0.9, 'red'],
        ],
      },
      { expr: `nodejs_eventloop_utilization_ratio{${chosen}}`, legend: '{{instance}}' },
    ),
  )
  .withRow(
    new RowBuilder('Traces and logs')
      .collapsed(true)
      .withPanel(
        new TableBuilder()
          .title('Slow and failed traces')
          .description(
            'Traces in which the service answered late or failed, newest first. Tempo finds them a moment later.',
          )
          .datasource({ type: 'tempo', uid: 'tempo' })
          .span(24)
          .height(10)
          .withTarget(
            new TempoQueryBuilder()
              .refId('A')
              .queryType('traceql')
              .tableType(SearchTableType.Traces)
              .limit(20)
              .query(
                '{ resource.service.name = "$job" && kind = server && (status = error || duration > 500ms) }',
              ),
          ),
      )
      .withPanel(
        new LogsBuilder()
          .title('Logs')
          .description('Log records of the service, newest first, with links to traces.')
          .datasource({ type: 'loki', uid: 'loki' })
          .span(24)
          .height(12)
          .showTime(true)
          .enableLogDetails(true)
          .withTarget(new LokiQueryBuilder().refId('A').expr('{service_name="$job"}')),
      ),
  )
  .build();
