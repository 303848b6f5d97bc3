import type { ExportResult } from '@opentelemetry/core';
import {
  AggregationTemporality,
  type MetricData,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { checkOptions, type Rules } from '@sonde/sdk';

import type { Point } from '../data-point.ts';
import { byGroup, metricGroup } from '../metric-order.ts';
import { colorize, consoleRules, resolveConsole, type ConsoleOptions } from './console-options.ts';
import { LineExporter } from './line-exporter.ts';
import { printable } from './printable.ts';
import { localTime } from './timestamp-formatter.ts';
import { valueText } from './value-text.ts';

const rules: Rules<ConsoleOptions> = consoleRules;
const maxSeries = 10;

/**
 * Writes one line for each metric, with the values of its series: the application's metrics first, those of telemetry last.
 *
 * @throws {SondeConfigError} if an option is unknown or invalid
 *
 * @example
 * ```ts
 * const exporter = new ConsoleMetricExporter({ stream: 'stdout' });
 * const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
 * ```
 */
export class ConsoleMetricExporter extends LineExporter implements PushMetricExporter {
  readonly #colors: boolean;

  constructor(options: ConsoleOptions = {}) {
    checkOptions('ConsoleMetricExporter', options, rules);
    const { fd, colors } = resolveConsole(options);
    super(fd);
    this.#colors = colors;
  }

  /** Succeeds when the lines are written, and also if the stream is closed or blocked. */
  export({ scopeMetrics }: ResourceMetrics, resultCallback: (result: ExportResult) => void): void {
    const metrics = scopeMetrics
      .flatMap(({ scope, metrics: all }) =>
        all.map((metric) => ({ metric, group: metricGroup(metric.descriptor.name, scope) })),
      )
      .toSorted(byGroup);
    const time = colorize('dim', localTime(new Date()), this.#colors);
    const text = metrics.map(({ metric }) => `${time} ${this.#metricText(metric)}\n`).join('');
    this.write(text, metrics.length, resultCallback);
  }

  selectAggregationTemporality(): AggregationTemporality {
    return AggregationTemporality.CUMULATIVE;
  }

  #metricText({ descriptor, dataPoints }: MetricData): string {
    const points: readonly Point[] = dataPoints;
    const name = colorize('bold', printable(descriptor.name), this.#colors);
    const unit = descriptor.unit === '' || descriptor.unit === '1' ? '' : ` ${printable(descriptor.unit)}`;
    const series = points
      .slice(0, maxSeries)
      .map((point) => pointText(point) + unit + this.#attributes(point));
    const more = points.length > maxSeries ? `  and ${points.length - maxSeries} more series` : '';
    return `${name}  ${series.join('  ')}${more}`;
  }

  #attributes({ attributes }: Point): string {
    const pairs = Object.entries(attributes).map(([key, value]) => `${key}=${valueText(value)}`);
    return pairs.length === 0 ? '' : ` ${colorize('dim', `{${printable(pairs.join(' '))}}`, this.#colors)}`;
  }
}

function pointText({ value }: Point): string {
  if (typeof value === 'number') return numberText(value);
  const { count, sum, min, max } = value;
  const parts = [`count=${count}`];
  if (sum !== undefined && count > 0) parts.push(`mean=${numberText(sum / count)}`);
  if (min !== undefined && count > 0) parts.push(`min=${numberText(min)}`);
  if (max !== undefined && count > 0) parts.push(`max=${numberText(max)}`);
  return parts.join(' ');
}

function numberText(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}
