import type { MetricData, MeterProvider, MetricReader, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { diag, type HrTime } from '@opentelemetry/api';
import { type InstrumentationScope, millisToHrTime } from '@opentelemetry/core';

/** The parts of the metrics SDK that are private and needed here; a contract test watches over them. */
interface Internals {
  readonly _sharedState: {
    readonly resource: ResourceMetrics['resource'];
    readonly metricCollectors: readonly { readonly _metricReader: MetricReader }[];
    readonly meterSharedStates: ReadonlyMap<
      string,
      {
        readonly _instrumentationScope: InstrumentationScope;
        readonly metricStorageRegistry: { getStorages(collector: object): readonly Storage[] };
      }
    >;
  };
}

interface Storage {
  collect(collector: object, time: HrTime): MetricData | undefined;
}

/**
 * What a reader would collect, without waiting: upstream's `collect()` is asynchronous for the sake of observable
 * callbacks, and in the 'exit' event nothing asynchronous happens any more. Observable instruments are left out.
 */
export function collectNow(provider: MeterProvider, reader: MetricReader): ResourceMetrics | undefined {
  try {
    const { resource, metricCollectors, meterSharedStates } = (provider as unknown as Internals)._sharedState;
    const collector = metricCollectors.find(({ _metricReader }) => _metricReader === reader);
    if (collector === undefined) return undefined;
    const now = millisToHrTime(Date.now());
    const scopeMetrics = [...meterSharedStates.values()].map((state) => ({
      scope: state._instrumentationScope,
      metrics: state.metricStorageRegistry
        .getStorages(collector)
        .map((storage) => storage.collect(collector, now))
        .filter((metric) => metric !== undefined),
    }));
    return { resource, scopeMetrics: scopeMetrics.filter(({ metrics }) => metrics.length > 0) };
  } catch (error) {
    diag.error('The last metrics could not be collected', error);
    return undefined;
  }
}
