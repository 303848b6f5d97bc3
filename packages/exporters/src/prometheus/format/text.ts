import type { Histogram } from '@opentelemetry/sdk-metrics';

import { classicHistogram } from './classic-histogram.ts';
import type { Point } from '../../data-point.ts';
import { collectSamples, droppedSeriesFamily, type ExpositionContext, type Family } from './family.ts';
import { isPlainIdentifier } from './identifier.ts';
import { escapeLabelValue, quotedName } from './labels.ts';
import { areSameNumbers, isExponential } from '../../data-point.ts';
import type { Series } from './series.ts';
import { type Exemplar, exemplarsByBucket } from '@sonde/sdk';

/** The text formats of Prometheus. */
type TextFormat = 'text' | 'openmetrics';

/** The settings of one exposition in a text format. */
export interface TextContext extends ExpositionContext {
  readonly format: TextFormat;
}

const minPartLength = 4096;

/** Renders families as text, a few lines at a time. Empty strings only allow a pause. */
export function* renderText(families: readonly Family[], context: TextContext): Generator<string, void> {
  for (const family of families) yield* familyText(family, context);
  const droppedFamily = droppedSeriesFamily(context.dropped);
  if (droppedFamily !== undefined) yield* familyText(droppedFamily, context);
  if (context.format === 'openmetrics') yield '# EOF\n';
}

function* familyText(family: Family, context: TextContext): Generator<string, void> {
  const { series, points } = yield* collectSamples(family, context.dropped);
  let text = header(family, context.format);
  for (let index = 0; index < series.length; index++) {
    const one = series[index];
    const point = points[index];
    if (one !== undefined && point !== undefined) text += sampleText(family, one, point, context);
    if (text.length < minPartLength) continue;
    yield text;
    text = '';
  }
  yield text;
}

function header(family: Family, format: TextFormat): string {
  const { name, type, unit, help } = family;
  if (format === 'text') {
    const shown = quotedName(name, true);
    const described = help === '' ? '' : `# HELP ${shown} ${escapeHelp(help, false)}\n`;
    return `${described}# TYPE ${shown} ${type === 'info' ? 'gauge' : type}\n`;
  }
  const base = openMetricsName(family);
  const shown = quotedName(base, true);
  const lines = [`# TYPE ${shown} ${isTypeUnknown(family) ? 'unknown' : type}`];
  if (unit !== '' && base.endsWith(`_${unit}`)) lines.push(`# UNIT ${shown} ${unit}`);
  if (help !== '') lines.push(`# HELP ${shown} ${escapeHelp(help, true)}`);
  return `${lines.join('\n')}\n`;
}

/** The family name in OpenMetrics, where `_total` and `_info` belong to the sample name. */
function openMetricsName({ name, canOmitSuffix }: Family): string {
  return canOmitSuffix ? name.slice(0, name.lastIndexOf('_')) : name;
}

/** Whether the OpenMetrics type must be `unknown`, because the family cannot have the suffix that its type requires. */
function isTypeUnknown({ type, canOmitSuffix }: Family): boolean {
  return (type === 'counter' || type === 'info') && !canOmitSuffix;
}

function sampleText(family: Family, series: Series, point: Point, context: TextContext): string {
  const { value } = point;
  if (typeof value === 'number') {
    const starts = lineStarts(family, series, noBoundaries, context.format);
    const hasExemplars = family.type === 'counter' && family.canOmitSuffix;
    const exemplar = hasExemplars ? exemplarText(context.getExemplars(point).at(-1)) : '';
    return `${starts[0]}${numberText(value)}${exemplar}\n${createdText(starts[1], point, context)}`;
  }
  const histogram = isExponential(value) ? classicHistogram(value) : value;
  const starts = lineStarts(family, series, histogram.buckets.boundaries, context.format);
  return (
    histogramText(starts, histogram, context.getExemplars(point)) + createdText(starts.at(-1), point, context)
  );
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
  const ids = `trace_id="${escapeLabelValue(traceId)}",span_id="${escapeLabelValue(spanId)}"`;
  return ` # {${ids}} ${numberText(value)} ${timeMs / 1000}`;
}

function createdText(start: string | undefined, { startTime }: Point, context: TextContext): string {
  if (start === undefined || start === '' || !context.created) return '';
  return `${start}${startTime[0] + Math.floor(startTime[1] / 1e6) / 1000}\n`;
}

/** The line prefixes of a series: of its value, or of its buckets, count and sum; the last one is that of `_created`, or `''`. */
function lineStarts(
  family: Family,
  series: Series,
  boundaries: readonly number[],
  format: TextFormat,
): readonly string[] {
  const known = series.lines[format];
  if (known !== undefined && areSameNumbers(known.boundaries, boundaries)) return known.starts;
  const { name, type } = family;
  const starts =
    type === 'histogram'
      ? histogramStarts(name, series.text, boundaries, format)
      : [lineStart(name, series.text)];
  const hasCreated = type === 'histogram' || (type === 'counter' && family.canOmitSuffix);
  const created = hasCreated && format === 'openmetrics';
  starts.push(created ? lineStart(`${openMetricsName(family)}_created`, series.text) : '');
  series.lines[format] = { boundaries, starts };
  return starts;
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

function lineStart(name: string, labels: string): string {
  if (isPlainIdentifier(name, true)) return flatten(labels === '' ? `${name} ` : `${name}{${labels}} `);
  return flatten(`{${quotedName(name, true)}${labels === '' ? '' : ','}${labels}} `);
}

/** Flattens a string: V8 represents concatenations as trees, and these are read on every scrape. */
function flatten(text: string): string {
  return Buffer.from(text).toString();
}

function escapeHelp(help: string, quotes: boolean): string {
  let escaped = help
    .toWellFormed()
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\0', '\u{FFFD}');
  if (quotes) escaped = escaped.replaceAll('"', '\\"');
  return escaped;
}

const noBoundaries: readonly number[] = [];

/** A number in both text formats. */
function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return Object.is(value, -0) ? '-0' : String(value);
}

/** A float for `le` in OpenMetrics, which requires a decimal point. */
function floatText(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : numberText(value);
}
