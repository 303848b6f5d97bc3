import type { ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics';

import type { Point } from '../../data-point.ts';
import { collectSamples, droppedSeriesFamily, type ExpositionContext, type Family } from './family.ts';
import type { MetricGroup } from '../../metric-order.ts';
import type { Series } from './series.ts';

/** The headers of the page: it has no scripts, and loads nothing. */
export const htmlHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
};

const headings: Readonly<Record<MetricGroup, string>> = {
  application: 'Application',
  requests: 'Requests and queries',
  runtime: 'Process and runtime',
  telemetry: 'Telemetry',
};

/** A person does not read more; the machine-readable formats have all series. */
const maxRows = 100;

const head = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Metrics</title>
<style>
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
h3 { font: bold 1rem ui-monospace, monospace; margin: 1.5rem 0 0; overflow-wrap: anywhere }
p { margin: 0.25rem 0 }
table { border-collapse: collapse; width: 100% }
td { border-top: 1px solid #8884; font-family: ui-monospace, monospace; overflow-wrap: anywhere; padding: 0.15rem 0.5rem 0.15rem 0 }
td:last-child { text-align: right; white-space: nowrap }
small { color: #777; font-weight: normal }
</style>
</head>
<body>
<h1>Metrics</h1>
<p>For Prometheus, the same address has these metrics in its formats.</p>
`;

/** Renders families as a page for people, a family at a time. */
export function* renderHtml(
  families: readonly Family[],
  context: ExpositionContext,
): Generator<string, void> {
  yield head;
  let group: MetricGroup | undefined;
  // The resource is the first family in the other formats, and the least interesting one here.
  for (const family of families.toSorted((a, b) => Number(a.type === 'info') - Number(b.type === 'info'))) {
    if (family.group !== group) {
      group = family.group;
      yield `<h2>${headings[group]}</h2>\n`;
    }
    yield* familyHtml(family, context);
  }
  const dropped = droppedSeriesFamily(context.dropped);
  if (dropped !== undefined) yield* familyHtml(dropped, context);
  yield '</body>\n</html>\n';
}

function* familyHtml(family: Family, context: ExpositionContext): Generator<string, void> {
  const { series, points } = yield* collectSamples(family, context.dropped);
  const { name, type, help } = family;
  const described = help === '' ? '' : `<p>${escapeHtml(help)}</p>\n`;
  let text = `<h3>${escapeHtml(name)} <small>${type}</small></h3>\n${described}<table>\n`;
  for (const [index, one] of series.slice(0, maxRows).entries()) {
    const point = points[index];
    if (point !== undefined) text += row(one, point);
  }
  text += '</table>\n';
  if (series.length > maxRows) text += `<p>and ${series.length - maxRows} more series</p>\n`;
  yield text;
}

function row({ text }: Series, { value }: Point): string {
  const shown = typeof value === 'number' ? numberText(value) : histogramText(value);
  return `<tr><td>${escapeHtml(text)}</td><td>${shown}</td></tr>\n`;
}

function histogramText({ count, sum }: Histogram | ExponentialHistogram): string {
  const mean = sum === undefined || count === 0 ? '' : `, mean ${numberText(sum / count)}`;
  return `${numberText(count)} values${mean}`;
}

function numberText(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString('en') : String(Number(value.toPrecision(6)));
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
}
