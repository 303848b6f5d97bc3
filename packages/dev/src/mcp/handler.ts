import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Session } from '../session/session.ts';

type HandleMcp = (
  request: IncomingMessage,
  response: ServerResponse,
  body: Uint8Array<ArrayBuffer> | undefined,
) => Promise<void>;

function toHeaders({ headers }: IncomingMessage): Headers {
  const all = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    // The body was read and decompressed already.
    if (value === undefined || ['content-encoding', 'content-length', 'transfer-encoding'].includes(name))
      continue;
    all.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return all;
}

/** Answers the Model Context Protocol: each request by itself, without a session. */
export function mcpHandler(session: Session): HandleMcp {
  // Loaded at the first request: most sessions are looked at by a person.
  let loaded: Promise<{ fetch(request: Request): Promise<Response> }> | undefined;
  return async (request, response, body) => {
    loaded ??= import('./server.ts').then(({ createHandler }) => createHandler(session));
    const handler = await loaded;
    const method = request.method ?? 'GET';
    const answer = await handler.fetch(
      new Request(`http://${request.headers.host ?? 'localhost'}/mcp`, {
        method,
        headers: toHeaders(request),
        ...(body !== undefined && { body }),
      }),
    );
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    if (answer.body === null) response.end();
    else await pipeline(Readable.fromWeb(answer.body), response);
  };
}
