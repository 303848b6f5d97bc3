import type { Attributes } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type MetricDescriptor,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';

import { escapeName, type EscapingScheme } from './escaping.ts';
import { isExponential, type Point } from '../../data-point.ts';
import type { Family, FamilyMetric, OpenMetricsType } from './family.ts';
import { openMetricsType } from './open-metrics-type.ts';
import type { LabelSource } from './labels.ts';
import { byGroup, metricGroup, type MetricGroup } from '../../metric-order.ts';
import { type KeyPatterns, resourceLabels } from './resource-labels.ts';
import type { DropReason, DroppedSeries } from './dropped-series.ts';
import { scopeLabels, SeriesIndex, type Series } from './series.ts';
import {
  familyName,
  labelName,
  type FamilyName,
  type FamilyType,
  type MetricKind,
  type TranslationStrategy,
  unitWords,
} from '@sonde/sdk/prometheus';

/** The exporter options that determine families and labels. */
export interface FamilyRegistryOptions {
  readonly translationStrategy: TranslationStrategy;
  readonly scopeInfo: boolean;
  readonly targetInfo: boolean;
  readonly resourceLabels: readonly string[] | KeyPatterns;
}

interface ScopedMetric {
  readonly metric: MetricData;
  readonly scope: InstrumentationScope;
  readonly labels: readonly LabelSource[];
  readonly group: MetricGroup;
}

interface IndexedMetric {
  readonly scope: InstrumentationScope;
  readonly known: Map<string, Series>;
  readonly index: SeriesIndex;
}

interface FamilyBuilder {
  readonly name: string;
  readonly type: FamilyType;
  readonly unit: string;
  readonly ucumUnit: string;
  help: string;
  readonly group: MetricGroup;
  readonly metrics: FamilyMetric[];
  readonly seriesByLabels: Map<string, Series>;
}

type FormedFamily = FamilyBuilder & { readonly openMetricsType: OpenMetricsType };

const sampleSuffixes = ['_bucket', '_count', '_sum'];
const sensitiveAttributes = new Set(['process.command_args', 'process.command_line', 'process.owner']);

/** Groups collected metrics into Prometheus metric families, and caches names and series between scrapes. */
export class FamilyRegistry {
  readonly #options: FamilyRegistryOptions;
  readonly #escaping: EscapingScheme;
  readonly #labelName = (key: string): string =>
    escapeName(labelName(key, this.#options.translationStrategy), this.#escaping, false);
  readonly #known = new Map<string, Map<string, Series>>();
  readonly #indexes = new WeakMap<MetricDescriptor, IndexedMetric>();

  constructor(options: FamilyRegistryOptions, escaping: EscapingScheme) {
    this.#options = options;
    this.#escaping = escaping;
  }

  /** The families of one collection: the application's own first, those of telemetry itself last. */
  families({ resource, scopeMetrics }: ResourceMetrics, dropped: DroppedSeries): Family[] {
    const builders = new Map<string, FamilyBuilder>();
    if (this.#options.targetInfo) {
      const target = this.#targetInfo(resource.attributes);
      builders.set(target.name, target);
    }
    const constantLabels = resourceLabels(resource.attributes, this.#options.resourceLabels);
    const all = scopeMetrics.flatMap(({ scope, metrics }): ScopedMetric[] => {
      const labels = this.#options.scopeInfo ? [...scopeLabels(scope), ...constantLabels] : constantLabels;
      return metrics.map((metric) => ({
        metric,
        scope,
        labels,
        group: metricGroup(metric.descriptor.name, scope),
      }));
    });
    for (const entry of all.toSorted(byGroup)) this.#addMetric(builders, entry, dropped);
    const formed = Array.from(builders.values(), (builder) => ({
      ...builder,
      openMetricsType: openMetricsType(builder, this.#labelName),
    }));
    const typed = typedFamilies(formed);
    return formed.map((family) => Object.assign(family, { isTyped: typed.has(family) }));
  }

  #addMetric(
    builders: Map<string, FamilyBuilder>,
    { metric, scope, labels, group }: ScopedMetric,
    dropped: DroppedSeries,
  ): void {
    const { descriptor } = metric;
    const points: readonly Point[] = metric.dataPoints;
    if (points.length === 0) return;
    const kind = metricKind(metric);
    const type = kind === 'upDownCounter' ? 'gauge' : kind;
    const { name, unit } = this.#name(descriptor, kind);
    const builder = builders.get(name);
    const reason = dropReason(metric, name, kind, builders);
    if (reason !== undefined) {
      dropped.add(reason, descriptor.name, points.length);
      return;
    }
    const known = builder?.seriesByLabels ?? this.#knownSeries(name, type);
    const placed = { points, index: this.#index(descriptor, scope, known, labels, type) };
    if (builder === undefined) {
      const { description: help, unit: ucumUnit } = descriptor;
      builders.set(name, {
        name,
        type,
        unit,
        ucumUnit,
        help,
        group,
        metrics: [placed],
        seriesByLabels: known,
      });
    } else {
      builder.help ||= descriptor.description;
      builder.metrics.push(placed);
    }
  }

  #name(descriptor: MetricDescriptor, kind: MetricKind): FamilyName {
    const { name, unit } = familyName(
      descriptor.name,
      descriptor.unit,
      kind,
      this.#options.translationStrategy,
    );
    return { name: escapeName(name, this.#escaping, true), unit };
  }

  #index(
    descriptor: MetricDescriptor,
    scope: InstrumentationScope,
    known: Map<string, Series>,
    labels: readonly LabelSource[],
    type: FamilyType,
  ): SeriesIndex {
    const indexed = this.#indexes.get(descriptor);
    if (indexed?.scope === scope && indexed.known === known) return indexed.index;
    const reserved = type === 'histogram' ? 'le' : '';
    const index = new SeriesIndex(known, { scope: labels, reserved, labelName: this.#labelName });
    this.#indexes.set(descriptor, { scope, known, index });
    return index;
  }

  #knownSeries(name: string, type: FamilyType): Map<string, Series> {
    const key = `${type} ${name}`;
    const known = this.#known.get(key) ?? new Map<string, Series>();
    this.#known.set(key, known);
    return known;
  }

  #targetInfo(resource: Attributes): FamilyBuilder {
    const attributes = Object.fromEntries(
      Object.entries(resource).filter(([key]) => !sensitiveAttributes.has(key)),
    );
    const name = escapeName('target_info', this.#escaping, true);
    const known = this.#knownSeries(name, 'info');
    const index = new SeriesIndex(known, { scope: [], reserved: '', labelName: this.#labelName });
    const points = [{ attributes, startTime: epoch, endTime: epoch, value: 1 }];
    const metrics = [{ points, index }];
    return {
      name,
      type: 'info',
      unit: '',
      ucumUnit: '',
      help: 'Target metadata',
      group: 'telemetry',
      metrics,
      seriesByLabels: known,
    };
  }
}

const epoch: [number, number] = [0, 0];

function metricKind(metric: MetricData): MetricKind {
  if (metric.dataPointType === DataPointType.GAUGE) return 'gauge';
  if (metric.dataPointType === DataPointType.SUM) return metric.isMonotonic ? 'counter' : 'upDownCounter';
  return 'histogram';
}

function dropReason(
  metric: MetricData,
  name: string,
  kind: MetricKind,
  builders: ReadonlyMap<string, FamilyBuilder>,
): DropReason | undefined {
  if (name === '') return 'invalid_name';
  const { aggregationTemporality: temporality, dataPointType } = metric;
  if (temporality !== AggregationTemporality.CUMULATIVE && dataPointType !== DataPointType.GAUGE) {
    return 'delta_temporality';
  }
  const type = kind === 'upDownCounter' ? 'gauge' : kind;
  const builder = builders.get(name);
  if (builder === undefined)
    return conflictsWithHistogram(name, type, builders) ? 'type_conflict' : undefined;
  if (builder.type !== type) return 'type_conflict';
  const units = [builder.ucumUnit, metric.descriptor.unit].map((unit) => unitWords(unit, kind === 'gauge'));
  return units[0] !== '' && units[1] !== '' && units[0] !== units[1] ? 'unit_conflict' : undefined;
}

/** Whether the name is that of a sample of a histogram, or the samples of this histogram have the names of other families. */
function conflictsWithHistogram(
  name: string,
  type: FamilyType,
  builders: ReadonlyMap<string, FamilyBuilder>,
): boolean {
  return sampleSuffixes.some((suffix) => {
    if (type === 'histogram' && builders.has(name + suffix)) return true;
    return name.endsWith(suffix) && builders.get(name.slice(0, -suffix.length))?.type === 'histogram';
  });
}

/**
 * The families whose type OpenMetrics can declare. A type reserves names in addition to those of its samples, such as `orders` and
 * `orders_created` for the counter `orders_total`. A family that would reserve the name of another one has no type there.
 *
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/#metricfamily-name
 */
function typedFamilies(builders: readonly FormedFamily[]): ReadonlySet<FormedFamily> {
  const taken = new Set(builders.flatMap(sampleNames));
  return new Set(
    builders.filter((builder) => {
      const reserved = reservedNames(builder);
      if (reserved === undefined || reserved.some((name) => taken.has(name))) return false;
      for (const name of reserved) taken.add(name);
      return true;
    }),
  );
}

function sampleNames({ name, type }: FamilyBuilder): readonly string[] {
  return type === 'histogram' ? sampleSuffixes.map((suffix) => name + suffix) : [name];
}

/** The names that the type reserves beyond those of the samples; undefined if the family does not fit its type. */
function reservedNames({
  name,
  openMetricsType: type,
  metrics,
}: FormedFamily): readonly string[] | undefined {
  if (type === 'gauge' || type === 'stateset') return [];
  if (type === 'histogram') return metrics.every(fitsOpenMetrics) ? [name, `${name}_created`] : undefined;
  const suffix = type === 'counter' ? '_total' : '_info';
  if (!name.endsWith(suffix) || name.length === suffix.length) return undefined;
  const base = name.slice(0, -suffix.length);
  return type === 'counter' ? [base, `${base}_created`] : [base];
}

/** Whether all points have a sum and no negative bucket boundary, as OpenMetrics requires of histograms with a count. */
function fitsOpenMetrics({ points }: FamilyMetric): boolean {
  return points.every(({ value }) => {
    if (typeof value === 'number') return true;
    const isNegative = isExponential(value)
      ? value.negative.bucketCounts.length > 0
      : (value.buckets.boundaries[0] ?? 0) < 0;
    return !isNegative && value.sum !== undefined;
  });
}
