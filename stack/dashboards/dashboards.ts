import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { nodeRuntime } from './node-runtime.ts';
import { serviceObjectives } from './objectives.ts';
import { serviceOverview } from './service-overview.ts';
import { telemetryHealth } from './telemetry-health.ts';

/** Every dashboard of the stack by the name of its file in `stack/grafana/dashboards`. */
export const dashboards: Readonly<Record<string, Dashboard>> = {
  'node-runtime.json': nodeRuntime,
  'objectives.json': serviceObjectives,
  'service-overview.json': serviceOverview,
  'telemetry-health.json': telemetryHealth,
};

/** The text of a dashboard's file. */
export function serialize(dashboard: Dashboard): string {
  return `${JSON.stringify(dashboard, undefined, 2)}\n`;
}
