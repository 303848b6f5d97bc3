/** Describes a request in one line. */
export interface RequestItem {
  readonly start: number;
  readonly method: string | null;
  readonly route: string;
  readonly path?: string | null;
  readonly statusCode: number | null;
  readonly error: boolean;
  readonly durationMs: number;
  readonly service: string;
  readonly spans: number;
  readonly exceptions: number;
  readonly traceId: string;
}

/** Describes a log record in one line. */
export interface LogItem {
  readonly time: number;
  readonly level: string | null;
  readonly service: string;
  readonly body: string;
  readonly traceId: string | null;
}

/** Describes an instrument in one line. */
export interface InstrumentItem {
  readonly id: number;
  readonly name: string;
  readonly prometheusName: string;
  readonly type: string;
  readonly unit: string;
  readonly description: string;
  readonly series: number;
  readonly last: number | null;
}

/** A list of the API. */
export interface Listed<Item> {
  readonly items: readonly Item[];
  readonly more?: boolean;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Requests, one a line. */
export function requestsText({ items, more }: Listed<RequestItem>): string {
  if (items.length === 0) return 'No request matches.';
  const lines = items.map((item) => {
    const { start, method, route, statusCode, durationMs, service, spans, exceptions, traceId, error } = item;
    // Without a route the name of the span stands for it, which is often the method alone.
    const target = route === method ? (item.path ?? '') : route;
    const at = new Date(start).toISOString();
    const status = statusCode ?? (error ? 'error' : 'ok');
    const what = `${method ?? ''} ${target}`.trim();
    const counts = `${plural(spans, 'span')}, ${plural(exceptions, 'exception')}`;
    return `${at} ${status} ${what} ${durationMs.toFixed(1)} ms, ${service}, ${counts}, trace ${traceId}`;
  });
  return [...lines, ...(more === true ? ['There are more.'] : [])].join('\n');
}

/** Log records, one a line. */
export function logsText({ items }: Listed<LogItem>): string {
  if (items.length === 0) return 'No log record matches.';
  const lines = items.map(({ time, level, service, body, traceId }) => {
    const trace = traceId === null ? '' : ` (trace ${traceId})`;
    return `${new Date(time).toISOString()} ${level ?? '-'} ${service}: ${body}${trace}`;
  });
  return lines.join('\n');
}

/** Instruments, one a line. */
export function metricsText({ items }: Listed<InstrumentItem>): string {
  if (items.length === 0) return 'No metric has arrived.';
  return items
    .map(({ name, type, unit, description, series, last }) => {
      return `${name} (${type}, ${unit === '' ? 'no unit' : unit}): ${description}; ${series} series, last ${last ?? '-'}`;
    })
    .join('\n');
}

interface MetricView {
  readonly name: string;
  readonly unit: string;
  readonly series: readonly {
    readonly attributes: object;
    readonly points: readonly { readonly count?: number }[];
  }[];
}

/** The last point of each series that measured something, one a line. */
export function metricText({ name, unit, series }: MetricView): string {
  if (series.length === 0) return `${name} has no series that matches.`;
  const lines = series.slice(0, 50).map(({ attributes, points }) => {
    const last = points.findLast(({ count }) => count !== 0) ?? points.at(-1);
    if (last === undefined) return `${JSON.stringify(attributes)}: no point in the window`;
    const figures = Object.entries(last).filter(([key, value]) => key !== 'time' && value !== null);
    return `${JSON.stringify(attributes)}: ${figures.map(([key, value]) => `${key} ${value}`).join(', ')}`;
  });
  return [`${name} in ${unit === '' ? 'no unit' : unit}`, ...lines].join('\n');
}

interface Explanation {
  readonly subject: { readonly name: string; readonly durationMs: number; readonly traceId: string };
  readonly findings: readonly { readonly text: string }[];
}

/** The findings on a slow trace, one a line. */
export function explanationText({ subject, findings }: Explanation): string {
  const { name, durationMs, traceId } = subject;
  const head = `${name} took ${durationMs.toFixed(1)} ms (trace ${traceId}).`;
  const lines = findings.map(({ text }) => `- ${text}`);
  return lines.length === 0 ? `${head} Nothing stands out.` : [head, ...lines].join('\n');
}

/** A fault, with what helps. */
export function errorText(error: Error): string {
  if (error.name === 'QueryError') return `The query cannot be read: ${error.message}`;
  return error.message;
}
