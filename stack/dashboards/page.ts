import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { prometheus } from './panels.ts';

/** Label matchers of the selected service and instances. */
export const chosen = 'job="$job", instance=~"$instance"';

/** Creates a dashboard for one service, with a selector at the top and links to the other dashboards. */
export function page(uid: string, title: string, description: string): dashboard.DashboardBuilder {
  return new dashboard.DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['sonde'])
    .readonly()
    .timezone('browser')
    .time({ from: 'now-30m', to: 'now' })
    .refresh('10s')
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .link(
      new dashboard.DashboardLinkBuilder('Sonde')
        .type(dashboard.DashboardLinkType.Dashboards)
        .tags(['sonde'])
        .includeVars(true)
        .keepTime(true),
    )
    .withVariable(
      new dashboard.QueryVariableBuilder('job')
        .label('Service')
        .datasource(prometheus)
        .query('label_values(http_server_request_duration_seconds_count, job)')
        .refresh(dashboard.VariableRefresh.OnTimeRangeChanged),
    );
}

/** Creates a dashboard with an additional selector for instances. */
export function servicePage(uid: string, title: string, description: string): dashboard.DashboardBuilder {
  return page(uid, title, description).withVariable(
    new dashboard.QueryVariableBuilder('instance')
      .label('Instance')
      .datasource(prometheus)
      .query('label_values(nodejs_eventloop_utilization_ratio{job="$job"}, instance)')
      .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
      .multi(true)
      .includeAll(true)
      .current({ selected: true, text: 'All', value: '$__all' }),
  );
}
