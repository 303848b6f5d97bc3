import { reply, createRouter, problem, type Router } from '@sonde/router';
import { sse } from '@sonde/router/sse';
import type { Live } from '../session/live.ts';
import { withElapsed } from '../session/open-spans.ts';
import type { Session } from '../session/session.ts';
import { exportLines } from './export.ts';
import { Parameters } from './parameters.ts';
import { runQuery } from './read-routes.ts';
import { readSource } from './source.ts';

const json = { 'content-type': 'application/json' };

/** Adds members to the JSON object that a query gives. */
async function extended(
  session: Session,
  name: string,
  parameters: object,
  members: object,
): Promise<object> {
  return { ...(JSON.parse(await runQuery(session, name, parameters)) as object), ...members };
}

interface RouteItem {
  readonly key: string;
  open: number;
}

/** The routes, each with how many of its requests are under way. */
async function listRoutes(session: Session, p: Parameters): Promise<object> {
  const parameters = { q: p.text('q'), service: p.text('service'), window: p.window('window') };
  const routes = JSON.parse(await runQuery(session, 'routes', parameters)) as { items: RouteItem[] };
  const { items } = await session.openRequests();
  const open = Map.groupBy(items, ({ service, method, route, name }) =>
    [service, method ?? '', route ?? name].join('\0'),
  );
  for (const item of routes.items) item.open = open.get(item.key)?.length ?? 0;
  return routes;
}

/** The routes that need more than the store: the session's state, live updates, files. */
export function sessionRoutes(session: Session, live: Live): Router {
  return createRouter({ telemetry: false })
    .get('/api/status', () => session.status())
    .get('/api/live', (c) => sse(live.subscribe(c.signal)))
    .get('/api/routes', (c) => listRoutes(session, new Parameters(c.query)))
    .get('/api/requests/open', () => session.openRequests())
    .get('/api/traces/:traceId', async (c) => {
      const p = new Parameters(c.query);
      const { traceId } = c.params;
      const parameters = { traceId, limit: p.number('limit'), logLimit: p.number('logLimit') };
      const text = await runQuery(session, 'trace', parameters);
      const open = session.openSpans.all().filter((span) => span.traceId === traceId.toLowerCase());
      if (open.length === 0) return reply(text, { headers: json });
      const now = Date.now();
      const views = open.map((span) => withElapsed(span, now));
      return { ...(JSON.parse(text) as object), open: views };
    })
    .get('/api/traces/:traceId/markdown', async (c) => {
      const text = JSON.parse(
        await runQuery(session, 'traceMarkdown', { traceId: c.params.traceId }),
      ) as string;
      return reply(text, { headers: { 'content-type': 'text/markdown; charset=utf-8' } });
    })
    .get('/api/health', () =>
      extended(
        session,
        'health',
        { processes: session.loadedPackages.all() },
        { receiver: session.receiverHealth(), store: session.store.usage },
      ),
    )
    .get('/api/source', (c) => {
      const p = new Parameters(c.query);
      return readSource(session, p.text('file'), p.number('line') ?? 1, p.number('context') ?? 5);
    })
    .post('/api/pause', () => setPaused(session, true))
    .post('/api/resume', () => setPaused(session, false))
    .post('/api/clear', async () => {
      await session.store.clear();
      session.openSpans.clear();
      session.statusChanged();
      return session.status();
    })
    .post('/api/query/check', async (c) => {
      const { q, signal } = (await c.json()) as { q?: unknown; signal?: unknown };
      const known = (['spans', 'logs', 'exceptions'] as const).find((name) => name === (signal ?? 'spans'));
      if (typeof q !== 'string' || known === undefined) {
        throw problem(400, 'expected { "q": text, "signal": "spans", "logs" or "exceptions" }', {
          code: 'BAD_PARAMETER',
        });
      }
      try {
        return reply(await session.store.query('checkQuery', { q, signal: known }), { headers: json });
      } catch (error) {
        const { name, message, position } = error as Error & { position?: number };
        if (name !== 'QueryError') throw error;
        return { ok: false, detail: message, position };
      }
    })
    .get('/api/export', (c) => {
      const signals = new Parameters(c.query).text('signals')?.split(',') ?? ['traces', 'logs', 'metrics'];
      const date = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
      return reply(exportLines(session, signals), {
        headers: {
          'content-type': 'application/x-ndjson',
          'content-disposition': `attachment; filename="sonde-${date}.jsonl"`,
        },
      });
    });
}

async function setPaused(session: Session, paused: boolean): Promise<object> {
  await session.store.setPaused(paused);
  session.statusChanged();
  return session.status();
}
