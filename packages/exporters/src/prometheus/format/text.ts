import type { ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics';

import { classicHistogram } from './classic-histogram.ts';
import type { Point } from '../../data-point.ts';
import { collectSamples, droppedSeriesFamily, type ExpositionContext, type Family } from './family.ts';
import { isPlainIdentifier } from '@sonde/sdk/prometheus';
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
  if (context.format === 'openmetrics' && family.type === 'histogram' && !family.isTyped) {
    yield* untypedHistogramText(family, context);
    return;
  }
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

/** The text of one kind of sample of a histogram. */
type HistogramLines = (starts: readonly string[], value: Histogram, exemplars: readonly Exemplar[]) => string;

const histogramSamples: Readonly<Record<'bucket' | 'count' | 'sum', HistogramLines>> = {
  bucket: bucketLines,
  count: countLine,
  sum: sumLine,
};

/** A histogram that OpenMetrics cannot declare: each kind of sample is a family of unknown type, so that none is lost. */
function* untypedHistogramText(family: Family, context: TextContext): Generator<string, void> {
  const { series, points } = yield* collectSamples(family, context.dropped);
  for (const [suffix, lines] of Object.entries(histogramSamples)) {
    let text = header({ ...family, name: `${family.name}_${suffix}`, unit: '' }, context.format);
    for (let index = 0; index < series.length; index++) {
      const one = series[index];
      const value = points[index]?.value;
      if (one === undefined || typeof value !== 'object') continue;
      const histogram = toClassic(value);
      const starts = lineStarts(family, one, histogram.buckets.boundaries, context.format);
      text += lines(starts, histogram, noExemplars);
      if (text.length < minPartLength) continue;
      yield text;
      text = '';
    }
    yield text;
  }
}

function toClassic(value: Histogram | ExponentialHistogram): Histogram {
  return isExponential(value) ? classicHistogram(value) : value;
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
  const lines = [`# TYPE ${shown} ${family.isTyped ? family.openMetricsType : 'unknown'}`];
  if (unit !== '' && base.endsWith(`_${unit}`)) lines.push(`# UNIT ${shown} ${unit}`);
  if (help !== '') lines.push(`# HELP ${shown} ${escapeHelp(help, true)}`);
  return `${lines.join('\n')}\n`;
}

/** The family name in OpenMetrics, where `_total` and `_info` belong to the sample name. */
function openMetricsName({ name, openMetricsType: type, isTyped }: Family): string {
  return isTyped && (type === 'counter' || type === 'info') ? name.slice(0, name.lastIndexOf('_')) : name;
}

function sampleText(family: Family, series: Series, point: Point, context: TextContext): string {
  const { value } = point;
  if (typeof value === 'number') {
    const starts = lineStarts(family, series, noBoundaries, context.format);
    const hasExemplars = family.type === 'counter' && family.isTyped;
    const exemplar = hasExemplars ? exemplarText(context.getExemplars(point).at(-1)) : '';
    return `${starts[0]}${numberText(value)}${exemplar}\n${createdText(starts[1], point, context)}`;
  }
  const histogram = toClassic(value);
  const starts = lineStarts(family, series, histogram.buckets.boundaries, context.format);
  return (
    bucketLines(starts, histogram, context.getExemplars(point)) +
    countLine(starts, histogram) +
    sumLine(starts, histogram) +
    createdText(starts.at(-1), point, context)
  );
}

function bucketLines(starts: readonly string[], value: Histogram, exemplars: readonly Exemplar[]): string {
  const { counts, boundaries } = value.buckets;
  const inBuckets = exemplars.length === 0 ? undefined : exemplarsByBucket(exemplars, boundaries);
  let text = '';
  let cumulative = 0;
  for (let index = 0; index < counts.length; index++) {
    cumulative += counts[index] ?? 0;
    text += `${starts[index]}${cumulative}${exemplarText(inBuckets?.[index])}\n`;
  }
  return text;
}

function countLine(starts: readonly string[], { buckets, count }: Histogram): string {
  return `${starts[buckets.counts.length]}${count}\n`;
}

function sumLine(starts: readonly string[], { buckets, sum }: Histogram): string {
  return sum === undefined ? '' : `${starts[buckets.counts.length + 1]}${numberText(sum)}\n`;
}

function exemplarText(exemplar: Exemplar | undefined): string {
  if (exemplar === undefined) return '';
  const { traceId, spanId, value, timeMs } = exemplar;
  const ids =
    traceId === '' ? '' : `trace_id="${escapeLabelValue(traceId)}",span_id="${escapeLabelValue(spanId)}"`;
  return ` # {${ids}} ${numberText(value)} ${timeMs / 1000}`;
}

function createdText(start: string | undefined, { startTime }: Point, context: TextContext): string {
  if (start === undefined || start === '' || !context.created) return '';
  const seconds = startTime[0] + Math.floor(startTime[1] / 1e6) / 1000;
  // Series begin in groups, and a fraction takes longer to format than the rest of the line.
  if (seconds !== lastCreated.seconds) lastCreated = { seconds, text: `${seconds}\n` };
  return start + lastCreated.text;
}

let lastCreated = { seconds: Number.NaN, text: '' };

/** The line prefixes of a series: of its value, or of its buckets, count and sum; the last one is that of `_created`, or `''`. */
function lineStarts(
  family: Family,
  series: Series,
  boundaries: readonly number[],
  format: TextFormat,
): readonly string[] {
  const known = series.lines[format];
  const { name, type, isTyped } = family;
  const isKnown = known?.isTyped === isTyped && areSameNumbers(known.boundaries, boundaries);
  if (isKnown) return known.starts;
  const starts =
    type === 'histogram'
      ? histogramStarts(name, series.text, boundaries, format)
      : [lineStart(name, series.text)];
  const hasCreated = isTyped && (type === 'histogram' || type === 'counter');
  const created = hasCreated && format === 'openmetrics';
  starts.push(created ? lineStart(`${openMetricsName(family)}_created`, series.text) : '');
  series.lines[format] = { boundaries, isTyped, starts };
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
const noExemplars: readonly Exemplar[] = [];

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
