import type { MetricData, MetricReader, ScopeMetrics } from '@opentelemetry/sdk-metrics';

interface Storage {
  collect(collector: object, time: [number, number]): MetricData | undefined;
}

interface MeterState {
  readonly _instrumentationScope: ScopeMetrics['scope'];
  readonly metricStorageRegistry: { getStorages(collector: object): readonly Storage[] };
}

/** A producer of this SDK. */
interface SyncProducer {
  collectNow(): ScopeMetrics[];
}

interface Collector {
  readonly _sharedState: { readonly meterSharedStates: ReadonlyMap<string, MeterState> };
}

/**
 * Collects synchronously, because an exiting process cannot wait for a promise. Callbacks of observable instruments are not
 * called. Uses private members of upstream's collector, which a contract test verifies; undefined if they are missing.
 */
export function collectNow(reader: MetricReader): ScopeMetrics[] | undefined {
  try {
    const collector: unknown = Reflect.get(reader, '_sdkMetricProducer');
    if (isSyncProducer(collector)) return collector.collectNow();
    if (!isCollector(collector)) return undefined;
    const now = Date.now();
    const time: [number, number] = [Math.floor(now / 1000), (now % 1000) * 1e6];
    return Array.from(collector['_sharedState'].meterSharedStates.values(), (state) => ({
      scope: state['_instrumentationScope'],
      metrics: state.metricStorageRegistry
        .getStorages(collector)
        .flatMap((storage) => storage.collect(collector, time) ?? []),
    }));
  } catch {
    return undefined;
  }
}

function isSyncProducer(value: unknown): value is SyncProducer {
  return typeof value === 'object' && value !== null && 'collectNow' in value;
}

function isCollector(value: unknown): value is Collector {
  return typeof value === 'object' && value !== null && '_sharedState' in value;
}
