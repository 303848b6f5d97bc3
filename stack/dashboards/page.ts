import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { prometheus } from './panels.ts';

/** The label matchers of the service and the instances that the reader has chosen. */
export const chosen = 'job="$job", instance=~"$instance"';

/** A page about one service, which is chosen at the top, with links to the other pages. */
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

/** A page about some instances of one service: they are chosen at the top too. */
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
