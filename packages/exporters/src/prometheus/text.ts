import type { Histogram } from '@opentelemetry/sdk-metrics';

import { exemplarsByBucket } from '../exemplars/buckets.ts';
import type { Exemplar } from '../exemplars/reservoir.ts';
import { classicHistogram } from './classic-histogram.ts';
import { samplesOf, type Family, type Point } from './family.ts';
import { isPlainIdentifier } from './identifier.ts';
import { quotedName } from './labels.ts';
import { lossFamily } from './losses-family.ts';
import { isExponential } from './merge.ts';
import type { PageContext } from './page-context.ts';
import type { Series } from './series.ts';

/** The two text formats that Prometheus reads. */
export type TextFormat = 'text' | 'openmetrics';

/** What the text writers need besides the families. */
export interface TextContext extends PageContext {
  readonly format: TextFormat;
}

/** Writes families as text, a few lines at a time; an empty string is only a moment to pause. */
export function* textPage(families: readonly Family[], context: TextContext): Generator<string, void> {
  for (const family of families) yield* familyText(family, context);
  const losses = lossFamily(context.losses);
  if (losses !== undefined) yield* familyText(losses, context);
  if (context.format === 'openmetrics') yield '# EOF\n';
}

function* familyText(family: Family, context: TextContext): Generator<string, void> {
  const { series, points } = yield* samplesOf(family, context.losses);
  yield header(family, context.format);
  for (let index = 0; index < series.length; index++) {
    const one = series[index];
    const point = points[index];
    if (one !== undefined && point !== undefined) yield sampleText(family, one, point, context);
  }
}

function header(family: Family, format: TextFormat): string {
  const { name, type, unit, help } = family;
  if (format === 'text') {
    const shown = quotedName(name, true);
    const described = help === '' ? '' : `# HELP ${shown} ${escapedHelp(help, false)}\n`;
    return `${described}# TYPE ${shown} ${type === 'info' ? 'gauge' : type}\n`;
  }
  const base = openMetricsName(family);
  const shown = quotedName(base, true);
  const lines = [`# TYPE ${shown} ${hasLostSuffix(family) ? 'unknown' : type}`];
  if (unit !== '' && base.endsWith(`_${unit}`)) lines.push(`# UNIT ${shown} ${unit}`);
  if (help !== '') lines.push(`# HELP ${shown} ${escapedHelp(help, true)}`);
  return `${lines.join('\n')}\n`;
}

/** The family's name in OpenMetrics, where `_total` and `_info` belong to the sample. */
function openMetricsName({ name, ownsBase }: Family): string {
  return ownsBase ? name.slice(0, name.lastIndexOf('_')) : name;
}

/** Whether OpenMetrics has to call the family unknown, because it cannot have the suffix that its type demands. */
function hasLostSuffix({ type, ownsBase }: Family): boolean {
  return (type === 'counter' || type === 'info') && !ownsBase;
}

function sampleText(family: Family, series: Series, point: Point, context: TextContext): string {
  const { value } = point;
  const created = createdText(family, series, point, context);
  const exemplars = context.exemplarsOf(point);
  if (typeof value === 'number') {
    const [start] = lineStarts(series, family.name, () => [lineStart(family.name, series.text)]);
    const exemplar = family.type === 'counter' ? exemplarText(exemplars.at(-1)) : '';
    return `${start}${numberText(value)}${exemplar}\n${created}`;
  }
  const isNative = isExponential(value);
  const histogram = isNative ? classicHistogram(value) : value;
  const { boundaries } = histogram.buckets;
  const build = (): string[] => histogramStarts(family.name, series.text, boundaries, context.format);
  const starts = isNative ? build() : lineStarts(series, `${context.format} ${boundaries.length}`, build);
  return histogramText(starts, histogram, exemplars) + created;
}

function histogramText(starts: readonly string[], value: Histogram, exemplars: readonly Exemplar[]): string {
  const { counts, boundaries } = value.buckets;
  const inBuckets = exemplars.length === 0 ? undefined : exemplarsByBucket(exemplars, boundaries);
  let text = '';
  let cumulative = 0;
  for (let index = 0; index < counts.length; index++) {
    cumulative += counts[index] ?? 0;
    text += `${starts[index]}${cumulative}${exemplarText(inBuckets?.[index])}\n`;
  }
  text += `${starts[counts.length]}${value.count}\n`;
  if (value.sum !== undefined) text += `${starts[counts.length + 1]}${numberText(value.sum)}\n`;
  return text;
}

function exemplarText(exemplar: Exemplar | undefined): string {
  if (exemplar === undefined) return '';
  const { traceId, spanId, value, timeMs } = exemplar;
  return ` # {trace_id="${traceId}",span_id="${spanId}"} ${numberText(value)} ${timeMs / 1000}`;
}

function createdText(family: Family, series: Series, { startTime }: Point, context: TextContext): string {
  if (!context.created || context.format !== 'openmetrics') return '';
  if (family.type !== 'histogram' && !(family.type === 'counter' && family.ownsBase)) return '';
  const [start] = lineStarts(series, 'created', () => [
    lineStart(`${openMetricsName(family)}_created`, series.text),
  ]);
  return `${start}${startTime[0] + Math.floor(startTime[1] / 1e6) / 1000}\n`;
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
    return lineStart(`${name}_bucket`, `${before}le="${le}"`);
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
  if (isPlainIdentifier(name, true)) return labels === '' ? `${name} ` : `${name}{${labels}} `;
  return `{${quotedName(name, true)}${labels === '' ? '' : ','}${labels}} `;
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
