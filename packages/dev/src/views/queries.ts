import { chooseRequests } from '../assert/choose-requests.ts';
import { parseQuery } from '../query/parse.ts';
import { listAttributes, listAttributeValues } from './attributes.ts';
import type { Database } from './database.ts';
import { getError, isInStack, listErrors } from './errors.ts';
import { explain } from './explain.ts';
import { getHealth } from './health.ts';
import { listLogs, logContext, logFacets, logHistogram } from './logs.ts';
import { traceMarkdown } from './markdown.ts';
import { getMetric } from './metric.ts';
import { listMetrics } from './metrics.ts';
import { exportPart, exportTrace } from './otlp-export.ts';
import { listRequests } from './requests.ts';
import { listRoutes } from './routes.ts';
import { listServices } from './services.ts';
import { getSpan } from './span-detail.ts';
import { getTrace } from './trace.ts';
import { listTraces } from './traces.ts';

/** Checks a query without an answer. @throws {QueryError} */
function checkQuery(
  database: Database,
  { q, signal }: { readonly q: string; readonly signal: 'spans' | 'logs' | 'exceptions' },
): unknown {
  parseQuery(q);
  database.condition(q, signal);
  return { ok: true };
}

/** Which of some spans are stored: they have ended. */
function endedSpans(
  database: Database,
  { ids }: { readonly ids: readonly (readonly [traceId: string, spanId: string])[] },
): string[] {
  return ids
    .filter(([traceId, spanId]) => {
      const text =
        'SELECT 1 FROM traces t JOIN spans s ON s.trace = t.id WHERE t.trace_id = ? AND s.span_id = ?';
      return database.get(text, traceId, spanId) !== undefined;
    })
    .map(([traceId, spanId]) => `${traceId} ${spanId}`);
}

/** A query, as the reader's thread runs it. */
export type Query = (database: Database, parameters: never) => unknown;

/** Every query of the session, by the name under which the main thread asks for it. */
export const queries: ReadonlyMap<string, Query> = new Map<string, Query>([
  ['attributes', listAttributes],
  ['attributeValues', listAttributeValues],
  ['checkQuery', checkQuery],
  ['chooseRequests', chooseRequests],
  ['endedSpans', endedSpans],
  ['error', getError],
  ['errors', listErrors],
  ['explain', explain],
  ['exportPart', exportPart],
  ['health', getHealth],
  ['isInStack', isInStack],
  ['logContext', logContext],
  ['logFacets', logFacets],
  ['logHistogram', logHistogram],
  ['logs', listLogs],
  ['metric', getMetric],
  ['metrics', listMetrics],
  ['requests', listRequests],
  ['routes', listRoutes],
  ['services', listServices],
  ['span', getSpan],
  ['trace', getTrace],
  ['traceMarkdown', traceMarkdown],
  ['traceOtlp', exportTrace],
  ['traces', listTraces],
]);
