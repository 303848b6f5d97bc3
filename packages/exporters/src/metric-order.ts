import type { InstrumentationScope } from '@opentelemetry/core';

/** The groups of metrics in the order of the endpoint. */
const groups = ['application', 'requests', 'runtime', 'telemetry'] as const;

/** A group of metrics. */
export type MetricGroup = (typeof groups)[number];

const telemetryName = /^(?:otel\.sdk|sonde)\./;
const runtimeName = /^(?:process|nodejs|v8js)\./;
/** The scopes of instrumentations, Sonde's and others. */
const instrumentationScope = /(?:^|\/)(?:instrumentation-|router$|otel$)/;
const requestName = /^(?:http|rpc|db|dns|messaging|gen_ai|graphql|tls)\.(?:server|client|process|lookup)\./;

/** Returns the group of a metric by its name and its instrumentation scope. */
export function metricGroup(name: string, scope: InstrumentationScope): MetricGroup {
  if (telemetryName.test(name)) return 'telemetry';
  if (runtimeName.test(name)) return 'runtime';
  const isInstrumented = instrumentationScope.test(scope.name) && scope.name !== '@sonde/otel';
  return isInstrumented || requestName.test(name) ? 'requests' : 'application';
}

/** Sorts metrics by their groups: the application's own first, those of telemetry itself last. */
export function byGroup(a: { readonly group: MetricGroup }, b: { readonly group: MetricGroup }): number {
  return groups.indexOf(a.group) - groups.indexOf(b.group);
}
