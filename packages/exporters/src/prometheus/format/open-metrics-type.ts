import type { FamilyMetric, OpenMetricsType } from './family.ts';
import type { FamilyType } from '@sonde/sdk/prometheus';

/** The parts of a family that its type in OpenMetrics depends on. */
interface TypedParts {
  readonly name: string;
  readonly type: FamilyType;
  readonly unit: string;
  readonly metrics: readonly FamilyMetric[];
}

/**
 * Returns the type in OpenMetrics. A gauge named `*_info` whose values are 1 is an info, and one without unit whose values are 0 or 1 and
 * whose series each have a label of its name is a state set.
 *
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/#metric-types
 */
export function openMetricsType(
  { name, type, unit, metrics }: TypedParts,
  labelName: (key: string) => string,
): OpenMetricsType {
  if (type !== 'gauge' || unit !== '') return type;
  if (name.endsWith('_info') && hasValues(metrics, (value) => value === 1)) return 'info';
  const stateKey = Object.keys(metrics[0]?.points[0]?.attributes ?? {}).find(
    (key) => labelName(key) === name,
  );
  if (stateKey === undefined) return type;
  const isStateSet =
    hasValues(metrics, (value) => value === 0 || value === 1) &&
    metrics.every(({ points }) =>
      points.every(
        ({ attributes }) => typeof attributes[stateKey] === 'string' && attributes[stateKey] !== '',
      ),
    );
  return isStateSet ? 'stateset' : type;
}

function hasValues(metrics: readonly FamilyMetric[], test: (value: unknown) => boolean): boolean {
  return metrics.every(({ points }) => points.every(({ value }) => test(value)));
}
