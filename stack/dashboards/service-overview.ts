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

/** How a service does, at first glance: rate, errors and duration by route, what is in flight, what is short. */
export const serviceOverview: Dashboard = servicePage(
  'sonde-service-overview',
  'Service overview',
  'Rate, errors and duration of the requests of one service, by route.',
)
  .withPanel(
    stat(
      { title: 'Requests', description: 'Requests answered per second.', unit: 'reqps' },
      `sum(${requests})`,
    ),
  )
  .withPanel(
    stat(
      {
        title: 'Errors',
        description: 'The part of the answers that were 5xx.',
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
        description: '95 of 100 requests were faster than this.',
        unit: 's',
        steps: latencySteps,
      },
      quantile(0.95),
    ),
  )
  .withPanel(
    stat(
      { title: 'In flight', description: 'Requests that are being answered now.', unit: 'short' },
      `sum(http_server_active_requests{${chosen}})`,
    ),
  )
  .withRow(new RowBuilder('Requests'))
  .withPanel(
    graph(
      { title: 'Requests by route', description: 'Requests answered per second.', unit: 'reqps' },
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
        description: 'The part of the answers that were 5xx.',
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
        description:
          'What half, 95 and 99 of 100 requests stay below. A dot is one request: it leads to its trace.',
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
        description: 'Darker: more requests took this long. A dot is one request: it leads to its trace.',
        unit: 's',
      },
      `sum by (le) (${rate(`${duration}_bucket`)})`,
    ),
  )
  .withPanel(
    graph(
      {
        title: 'Duration by route, 95 %',
        description: '95 of 100 requests of the route were faster than this.',
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
      { title: 'Answers by status', description: 'Answers per second.', unit: 'reqps' },
      { expr: `sum by (http_response_status_code) (${requests})`, legend: '{{http_response_status_code}}' },
    ),
  )
  .withRow(new RowBuilder('Saturation'))
  .withPanel(
    graph(
      {
        title: 'In flight by instance',
        description: 'Requests that are being answered at the same time.',
        unit: 'short',
      },
      { expr: `sum by (instance) (http_server_active_requests{${chosen}})`, legend: '{{instance}}' },
    ),
  )
  .withPanel(
    graph(
      {
        title: 'Event loop utilisation',
        description: 'The part of the time in which the event loop is busy. At 100 % the instance is full.',
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
          .description('The log records of the service, newest first; the trace is one click away.')
          .datasource({ type: 'loki', uid: 'loki' })
          .span(24)
          .height(12)
          .showTime(true)
          .enableLogDetails(true)
          .withTarget(new LokiQueryBuilder().refId('A').expr('{service_name="$job"}')),
      ),
  )
  .build();
