import {
  type HandlerResult,
  type Reply,
  reply,
  createRouter,
  problem,
  type Query,
  type Router,
} from '@sonde/router';
import type { Session } from '../session/session.ts';
import { WorkerError } from '../store/channel.ts';
import { Parameters } from './parameters.ts';

const codes: Readonly<Record<number, string>> = { 404: 'NOT_FOUND', 400: 'BAD_PARAMETER' };

/** Answers with the JSON that a query gives. @throws {Problem} for a query that cannot be answered */
async function answerQuery(session: Session, name: string, parameters: object): Promise<Reply> {
  return reply(await runQuery(session, name, parameters), {
    headers: { 'content-type': 'application/json' },
  });
}

/** Runs a query; faults of who asks become problems. */
export async function runQuery(session: Session, name: string, parameters: object): Promise<string> {
  try {
    return await session.store.query(name, parameters);
  } catch (error) {
    if (!(error instanceof WorkerError)) throw error;
    if (error.name === 'QueryError') {
      const { position } = error;
      throw problem(400, `q: ${error.message}`, { code: 'QUERY_SYNTAX', parameter: 'q', position });
    }
    if (error.status === undefined) throw error;
    throw problem(error.status, error.message, { code: codes[error.status] ?? 'INTERNAL' });
  }
}

type Params = Readonly<Record<string, string>>;

/** Every query that is asked for by `GET`: its route, its name, and its parameters. */
const reads: readonly (readonly [
  route: string,
  name: string,
  (query: Parameters, params: Params) => object,
])[] = [
  ['/api/requests', 'requests', (p) => ({ ...p.page(), sort: p.choice('sort', ['time', 'duration']) })],
  ['/api/traces', 'traces', (p) => ({ ...p.page(), sort: p.choice('sort', ['time', 'duration']) })],
  ['/api/traces/:traceId/spans/:spanId', 'span', (_, { traceId, spanId }) => ({ traceId, spanId })],
  ['/api/traces/:traceId/otlp', 'traceOtlp', (_, { traceId }) => ({ traceId })],
  ['/api/explain', 'explain', (p) => ({ trace: p.text('trace'), q: p.text('q') })],
  ['/api/logs', 'logs', (p) => p.page()],
  ['/api/logs/facets', 'logFacets', (p) => ({ q: p.text('q') })],
  ['/api/logs/histogram', 'logHistogram', (p) => ({ q: p.text('q'), window: p.window('window') })],
  [
    '/api/logs/:id/context',
    'logContext',
    (p, { id }) => ({
      id: Number(id) || 0,
      lines: p.number('lines'),
      scope: p.choice('scope', ['instance', 'service', 'trace', 'all']),
    }),
  ],
  ['/api/metrics', 'metrics', (p) => ({ search: p.text('search'), service: p.text('service') })],
  [
    '/api/metrics/:id',
    'metric',
    (p, { id }) => ({
      id: Number(id) || 0,
      from: p.number('from'),
      to: p.number('to'),
      window: p.duration('window'),
      step: p.duration('step'),
      by: p.text('by'),
      q: p.text('q'),
    }),
  ],
  ['/api/errors', 'errors', (p) => ({ ...p.page(), sort: p.choice('sort', ['last', 'count']) })],
  ['/api/errors/:fingerprint', 'error', (p, { fingerprint }) => ({ fingerprint, limit: p.number('limit') })],
  ['/api/services', 'services', (p) => ({ window: p.window('window') })],
  ['/api/attributes', 'attributes', attributeParameters],
  ['/api/attributes/values', 'attributeValues', attributeParameters],
];

function attributeParameters(p: Parameters): object {
  return {
    signal: p.choice('signal', ['spans', 'logs', 'resources']),
    prefix: p.text('prefix'),
    key: p.text('key'),
    limit: p.number('limit'),
  };
}

/** The routes that read what the store holds. */
export function readRoutes(session: Session): Router {
  const router = createRouter({ telemetry: false });
  for (const [route, name, parametersOf] of reads) {
    router.get(route, (c: { query: Query; params: Params }): Promise<HandlerResult> =>
      answerQuery(session, name, parametersOf(new Parameters(c.query), c.params)),
    );
  }
  return router;
}
