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
import type { Point } from '../../data-point.ts';
import type { Family, FamilyMetric } from './family.ts';
import type { LabelSource } from './labels.ts';
import type { DropReason, DroppedSeries } from './dropped-series.ts';
import { scopeLabels, SeriesIndex, type Series } from './series.ts';
import {
  familyName,
  labelName,
  type FamilyName,
  type FamilyType,
  type TranslationStrategy,
} from './translation.ts';
import { unitWords } from './unit.ts';

/** What the catalog needs to know of the exporter's options. */
export interface FamilyRegistryOptions {
  readonly translationStrategy: TranslationStrategy;
  readonly scopeInfo: boolean;
  readonly targetInfo: boolean;
  readonly resourceLabels: readonly string[];
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
  readonly metrics: FamilyMetric[];
  readonly seriesByLabels: Map<string, Series>;
}

const histogramSuffixes = ['_bucket', '_count', '_sum', '_created'];
const sensitiveAttributes = new Set(['process.command_args', 'process.command_line', 'process.owner']);

/** Groups collected metrics into Prometheus families, and remembers names and series from page to page. */
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

  /** The families of one page, in the order in which they were collected. */
  families({ resource, scopeMetrics }: ResourceMetrics, losses: DroppedSeries): Family[] {
    const drafts = new Map<string, FamilyBuilder>();
    if (this.#options.targetInfo) {
      const target = this.#targetInfo(resource.attributes);
      drafts.set(target.name, target);
    }
    const { resourceLabels } = this.#options;
    const constant = resourceLabels.map((key): LabelSource => [key, resource.attributes[key]]);
    for (const { scope, metrics } of scopeMetrics) {
      const labels = this.#options.scopeInfo ? [...scopeLabels(scope), ...constant] : constant;
      for (const metric of metrics) this.#addMetric(drafts, scope, metric, labels, losses);
    }
    return Array.from(drafts.values(), (draft) => ({
      ...draft,
      canOmitSuffix: canOmitSuffix(draft, drafts),
    }));
  }

  #addMetric(
    drafts: Map<string, FamilyBuilder>,
    scope: InstrumentationScope,
    metric: MetricData,
    labels: readonly LabelSource[],
    losses: DroppedSeries,
  ): void {
    const { descriptor } = metric;
    const points: readonly Point[] = metric.dataPoints;
    if (points.length === 0) return;
    const type = familyType(metric);
    const { name, unit } = this.#name(descriptor, type);
    const draft = drafts.get(name);
    const reason = dropReason(metric, name, type, drafts);
    if (reason !== undefined) {
      losses.add(reason, descriptor.name, points.length);
      return;
    }
    const known = draft?.seriesByLabels ?? this.#knownSeries(name, type);
    const placed = { points, index: this.#index(descriptor, scope, known, labels, type) };
    if (draft === undefined) {
      const { description: help, unit: ucumUnit } = descriptor;
      drafts.set(name, { name, type, unit, ucumUnit, help, metrics: [placed], seriesByLabels: known });
    } else {
      draft.help ||= descriptor.description;
      draft.metrics.push(placed);
    }
  }

  #name(descriptor: MetricDescriptor, type: FamilyType): FamilyName {
    const { name, unit } = familyName(
      descriptor.name,
      descriptor.unit,
      type,
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
      metrics,
      seriesByLabels: known,
    };
  }
}

const epoch: [number, number] = [0, 0];

function familyType(metric: MetricData): FamilyType {
  if (metric.dataPointType === DataPointType.GAUGE) return 'gauge';
  if (metric.dataPointType === DataPointType.SUM) return metric.isMonotonic ? 'counter' : 'gauge';
  return 'histogram';
}

function dropReason(
  metric: MetricData,
  name: string,
  type: FamilyType,
  drafts: ReadonlyMap<string, FamilyBuilder>,
): DropReason | undefined {
  if (name === '') return 'invalid_name';
  const { aggregationTemporality: temporality, dataPointType } = metric;
  if (temporality !== AggregationTemporality.CUMULATIVE && dataPointType !== DataPointType.GAUGE) {
    return 'delta_temporality';
  }
  const draft = drafts.get(name);
  if (draft === undefined) return conflictsWithHistogram(name, type, drafts) ? 'type_conflict' : undefined;
  if (draft.type !== type) return 'type_conflict';
  const units = [draft.ucumUnit, metric.descriptor.unit].map((unit) => unitWords(unit, type === 'gauge'));
  return units[0] !== '' && units[1] !== '' && units[0] !== units[1] ? 'unit_conflict' : undefined;
}

/** Whether the name is that of a histogram's samples, or the histogram's samples have the names of others. */
function conflictsWithHistogram(
  name: string,
  type: FamilyType,
  drafts: ReadonlyMap<string, FamilyBuilder>,
): boolean {
  return histogramSuffixes.some((suffix) => {
    if (type === 'histogram' && drafts.has(name + suffix)) return true;
    return name.endsWith(suffix) && drafts.get(name.slice(0, -suffix.length))?.type === 'histogram';
  });
}

function canOmitSuffix({ name, type }: FamilyBuilder, drafts: ReadonlyMap<string, FamilyBuilder>): boolean {
  if (type !== 'counter' && type !== 'info') return false;
  const suffix = type === 'counter' ? '_total' : '_info';
  return name.endsWith(suffix) && name.length > suffix.length && !drafts.has(name.slice(0, -suffix.length));
}
