import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import { createRouter, problem } from '@sonde/router';
import { mcpHandler } from '../mcp/handler.ts';
import { readBody, RequestError } from '../receiver/body.ts';
import { createLimitedServer } from '../receiver/limited-server.ts';
import type { Live } from '../session/live.ts';
import type { Session } from '../session/session.ts';
import { type Guard, queryToken, tokenCookie } from './guard.ts';
import { importLines, maxImportBytes } from './import.ts';
import { contentSecurityPolicy, Page } from './page.ts';
import { readRoutes } from './read-routes.ts';
import { sessionRoutes } from './session-routes.ts';

const maxMcpBytes = 1024 * 1024;

/** The codes of problems, by status. */
const codes: Readonly<Record<number, string>> = {
  400: 'BAD_PARAMETER',
  401: 'TOKEN_REQUIRED',
  403: 'FORBIDDEN_ORIGIN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  413: 'TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  503: 'BUSY',
};

function sendProblem(response: ServerResponse, status: number, detail: string, given?: string): void {
  const code = given ?? codes[status] ?? 'INTERNAL';
  response.writeHead(status, { 'content-type': 'application/problem+json', connection: 'close' });
  response.end(JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status, code, detail }));
}

export interface ViewerParts {
  readonly session: Session;
  readonly live: Live;
  readonly guard: Guard;
  readonly page?: Page;
}

/** Makes the server of the viewer: the API, MCP, and the page. */
export function createViewer({ session, live, guard, page = new Page() }: ViewerParts): () => Server {
  const api = createRouter({
    telemetry: false,
    onError: (error) => {
      if (session.store.isClosed) return problem(503, 'the viewer ends', { code: 'BUSY' });
      process.stderr
        .write(`sonde dev: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}
`);
      return problem(500, 'the viewer failed; standard error has the cause', { code: 'INTERNAL' });
    },
  })
    .mount('/', sessionRoutes(session, live))
    .mount('/', readRoutes(session));
  const handleMcp = mcpHandler(session);

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.setHeader('content-security-policy', contentSecurityPolicy);
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('referrer-policy', 'no-referrer');
    response.setHeader('cross-origin-resource-policy', 'same-origin');
    try {
      guard.checkViewer(request);
      const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
      if (path === '/mcp') {
        const body = request.method === 'POST' ? await readBody(request, maxMcpBytes) : undefined;
        await handleMcp(request, response, body);
      } else if (path === '/api/import' && request.method === 'POST') {
        const text = Buffer.from(await readBody(request, maxImportBytes)).toString('utf8');
        const result = await importLines(session, text);
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result));
        session.statusChanged();
      } else if (path === '/api' || path.startsWith('/api/')) {
        response.setHeader('cache-control', 'no-store');
        api.handler(request, response, () => {
          sendProblem(
            response,
            404,
            `${request.method} ${path.slice(0, 200)} is no endpoint; API.md lists them`,
          );
        });
      } else {
        keepToken(guard, request, response);
        await page.handle(request, response);
      }
    } catch (error) {
      if (response.headersSent) response.destroy();
      else if (error instanceof RequestError) sendProblem(response, error.status, error.message, error.code);
      else sendProblem(response, 500, (error as Error).message);
    }
  };
  return () => createLimitedServer((request, response) => void handle(request, response));
}

/** Turns the token of the page's address into a cookie, so that the page's own requests have it. */
function keepToken(guard: Guard, request: IncomingMessage, response: ServerResponse): void {
  if (guard.token === undefined || queryToken(request) === undefined) return;
  response.setHeader('set-cookie', `${tokenCookie}=${guard.token}; HttpOnly; SameSite=Strict; Path=/`);
}
