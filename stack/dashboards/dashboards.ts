import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { nodeRuntime } from './node-runtime.ts';
import { serviceObjectives } from './objectives.ts';
import { serviceOverview } from './service-overview.ts';
import { telemetryHealth } from './telemetry-health.ts';

/** Dashboards of the stack, by file name in `stack/grafana/dashboards`. */
export const dashboards: Readonly<Record<string, Dashboard>> = {
  'node-runtime.json': nodeRuntime,
  'objectives.json': serviceObjectives,
  'service-overview.json': serviceOverview,
  'telemetry-health.json': telemetryHealth,
};

/** Renders the file of a dashboard. */
export function serialize(dashboard: Dashboard): string {
  return `${JSON.stringify(dashboard, undefined, 2)}\n`;
}
