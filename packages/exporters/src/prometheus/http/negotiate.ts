import { isEscapingScheme, type EscapingScheme } from '../format/escaping.ts';
import type { ExpositionFormat } from '../format/exposition.ts';

/** The negotiated form of a response. */
export interface Negotiated {
  readonly format: ExpositionFormat;
  readonly escaping: EscapingScheme;
  readonly contentType: string;
}

interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/**
 * Selects the format by the Accept header, a page for people among them. Unsupported media ranges are ignored; the default is text 0.0.4, as in all
 * Prometheus client libraries.
 *
 * @see https://prometheus.io/docs/instrumenting/content_negotiation/
 */
export function negotiate(accept: string | undefined): Negotiated {
  let best: { range: MediaRange; format: ExpositionFormat } | undefined;
  for (const range of mediaRanges(accept ?? '')) {
    const format = matchFormat(range);
    if (format !== undefined && range.quality > (best?.range.quality ?? 0)) best = { range, format };
  }
  const format = best?.format ?? 'text';
  const version = best?.range.parameters.get('version');
  const escapingParameter = best?.range.parameters.get('escaping') ?? '';
  const escaping = isEscapingScheme(escapingParameter) ? escapingParameter : 'underscores';
  const suffix = isEscapingScheme(escapingParameter) ? `; escaping=${escapingParameter}` : '';
  return { format, escaping, contentType: contentType(format, version) + suffix };
}

/** Whether the client accepts gzip. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  let wildcard = false;
  for (const { type, quality } of mediaRanges(acceptEncoding ?? '')) {
    if (type === 'gzip' || type === 'x-gzip') return quality > 0;
    if (type === '*') wildcard = quality > 0;
  }
  return wildcard;
}

/** The metric names that the `name[]` parameters of a request list, or undefined for all. */
export function requestedNames(target: string): ReadonlySet<string> | undefined {
  const query = target.indexOf('?');
  if (query === -1) return undefined;
  const names = new URLSearchParams(target.slice(query + 1)).getAll('name[]');
  return names.length === 0 ? undefined : new Set(names);
}

function matchFormat({ type, parameters }: MediaRange): ExpositionFormat | undefined {
  const version = parameters.get('version');
  switch (type) {
    case 'application/vnd.google.protobuf': {
      const isDelimited = parameters.get('encoding') === 'delimited';
      return isDelimited && parameters.get('proto') === 'io.prometheus.client.MetricFamily'
        ? 'protobuf'
        : undefined;
    }
    case 'application/openmetrics-text':
      return version === undefined || version === '1.0.0' || version === '0.0.1' ? 'openmetrics' : undefined;
    case 'text/plain':
      return version === undefined || version === '0.0.4' || version === '1.0.0' ? 'text' : undefined;
    case 'text/html':
      // Browsers ask for it, scrapers do not.
      return 'html';
    case 'text/*':
    case '*/*':
      return 'text';
    default:
      return undefined;
  }
}

function contentType(format: ExpositionFormat, version: string | undefined): string {
  if (format === 'protobuf') {
    return 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';
  }
  if (format === 'html') return 'text/html; charset=utf-8';
  if (format === 'openmetrics') return 'application/openmetrics-text; version=1.0.0; charset=utf-8';
  return `text/plain; version=${version === '1.0.0' ? '1.0.0' : '0.0.4'}; charset=utf-8`;
}

function mediaRanges(header: string): MediaRange[] {
  return header.split(',', 100).map((part) => {
    const [type = '', ...parameterTexts] = part.split(';', 20);
    const parameters = new Map(parameterTexts.map(parameter));
    const quality = Number(parameters.get('q') ?? 1);
    return {
      type: type.trim().toLowerCase(),
      parameters,
      quality: Number.isFinite(quality) ? Math.min(1, Math.max(0, quality)) : 0,
    };
  });
}

function parameter(text: string): [name: string, value: string] {
  const equals = text.indexOf('=');
  if (equals === -1) return [text.trim().toLowerCase(), ''];
  const value = text.slice(equals + 1).trim();
  const isQuoted = value.length > 1 && value.startsWith('"') && value.endsWith('"');
  return [text.slice(0, equals).trim().toLowerCase(), isQuoted ? value.slice(1, -1) : value];
}
