import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { nodeRuntime } from './node-runtime.ts';
import { serviceOverview } from './service-overview.ts';

/** Every dashboard of the stack by the name of its file in `stack/grafana/dashboards`. */
export const dashboards: Readonly<Record<string, Dashboard>> = {
  'node-runtime.json': nodeRuntime,
  'service-overview.json': serviceOverview,
};

/** The text of a dashboard's file. */
export function serialize(dashboard: Dashboard): string {
  return `${JSON.stringify(dashboard, undefined, 2)}\n`;
}
