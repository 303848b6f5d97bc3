import type { Histogram } from '@opentelemetry/sdk-metrics';

import { classicHistogram } from './classic-histogram.ts';
import { samplesOf, type Family, type Point } from './family.ts';
import type { Losses } from './losses.ts';
import { isExponential } from './merge.ts';
import type { Series } from './series.ts';

/** The two text formats that Prometheus reads. */
export type TextFormat = 'text' | 'openmetrics';

/** Writes families as text, a few lines at a time; an empty string is only a moment to pause. */
export function* textPage(
  families: readonly Family[],
  format: TextFormat,
  losses: Losses,
): Generator<string, void> {
  for (const family of families) yield* familyText(family, format, losses);
  if (losses.counts.size > 0) yield lossText(losses);
  if (format === 'openmetrics') yield '# EOF\n';
}

function* familyText(family: Family, format: TextFormat, losses: Losses): Generator<string, void> {
  const pauses = samplesOf(family, losses);
  let step = pauses.next();
  for (; step.done !== true; step = pauses.next()) yield '';
  const { series, points } = step.value;
  yield header(family, format);
  for (let index = 0; index < series.length; index++) {
    const one = series[index];
    const point = points[index];
    if (one !== undefined && point !== undefined) yield sampleText(family, one, point, format);
  }
}

function header({ name, type, unit, help, ownsBase }: Family, format: TextFormat): string {
  if (format === 'text') {
    const described = help === '' ? '' : `# HELP ${name} ${escapedHelp(help, false)}\n`;
    return `${described}# TYPE ${name} ${type === 'info' ? 'gauge' : type}\n`;
  }
  const suffixed = type === 'counter' || type === 'info';
  const base = suffixed && ownsBase ? name.slice(0, name.lastIndexOf('_')) : name;
  const lines = [`# TYPE ${base} ${suffixed && !ownsBase ? 'unknown' : type}`];
  if (unit !== '' && base.endsWith(`_${unit}`)) lines.push(`# UNIT ${base} ${unit}`);
  if (help !== '') lines.push(`# HELP ${base} ${escapedHelp(help, true)}`);
  return `${lines.join('\n')}\n`;
}

function sampleText(family: Family, series: Series, point: Point, format: TextFormat): string {
  const { value } = point;
  if (typeof value === 'number') {
    const [start] = lineStarts(series, family.name, () => [lineStart(family.name, series.text)]);
    return `${start}${numberText(value)}\n`;
  }
  if (isExponential(value)) {
    const classic = classicHistogram(value);
    return histogramText(
      histogramStarts(family.name, series.text, classic.buckets.boundaries, format),
      classic,
    );
  }
  const { boundaries } = value.buckets;
  const starts = lineStarts(series, `${format} ${boundaries.length}`, () =>
    histogramStarts(family.name, series.text, boundaries, format),
  );
  return histogramText(starts, value);
}

function histogramText(starts: readonly string[], value: Histogram): string {
  const { counts } = value.buckets;
  let text = '';
  let cumulative = 0;
  for (let index = 0; index < counts.length; index++) {
    cumulative += counts[index] ?? 0;
    text += `${starts[index]}${cumulative}\n`;
  }
  text += `${starts[counts.length]}${value.count}\n`;
  if (value.sum !== undefined) text += `${starts[counts.length + 1]}${numberText(value.sum)}\n`;
  return text;
}

function histogramStarts(
  name: string,
  labels: string,
  boundaries: readonly number[],
  format: TextFormat,
): string[] {
  const before = labels === '' ? '' : `${labels},`;
  const starts = [...boundaries, Infinity].map((boundary) => {
    const le = format === 'openmetrics' ? floatText(boundary) : numberText(boundary);
    return `${name}_bucket{${before}le="${le}"} `;
  });
  return [...starts, lineStart(`${name}_count`, labels), lineStart(`${name}_sum`, labels)];
}

function lineStarts(series: Series, key: string, build: () => readonly string[]): readonly string[] {
  let starts = series.lines.get(key);
  if (starts === undefined) {
    starts = build();
    series.lines.set(key, starts);
  }
  return starts;
}

function lineStart(name: string, labels: string): string {
  return labels === '' ? `${name} ` : `${name}{${labels}} `;
}

function lossText(losses: Losses): string {
  const name = 'sonde_prometheus_dropped_series';
  let text = `# TYPE ${name} gauge\n`;
  for (const [reason, count] of losses.counts) text += `${name}{reason="${reason}"} ${count}\n`;
  return text;
}

function escapedHelp(help: string, quotes: boolean): string {
  let escaped = help
    .toWellFormed()
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\0', '\u{FFFD}');
  if (quotes) escaped = escaped.replaceAll('"', '\\"');
  return escaped;
}

/** A number as both text formats write it. */
export function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return Object.is(value, -0) ? '-0' : String(value);
}

/** A number with a mark that it is no integer, as OpenMetrics wants it in `le`. */
function floatText(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : numberText(value);
}
