import { context } from '@opentelemetry/api';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Rendered } from './answer.ts';
import { NodeContext } from './node-context.ts';
import { respond, unanswered, type ErrorMapper } from './respond.ts';
import type { RouteTable } from './route-table.ts';
import { parseTarget } from './target.ts';
import type { Telemetry } from './telemetry.ts';

export interface Core {
  readonly table: RouteTable;
  readonly telemetry: Telemetry | undefined;
  readonly bodyLimitBytes: number;
  readonly onError: ErrorMapper | undefined;
}

/** A request listener for node:http. `own` is true on the router's own server. */
export function handleNode(
  core: Core,
  req: IncomingMessage,
  res: ServerResponse,
  own: boolean,
  next?: (error?: unknown) => void,
): void {
  const method = req.method ?? 'GET';
  const target = parseTarget(req.url ?? '/');
  const { endpoint, params } =
    target === undefined ? core.table.mismatch(method) : core.table.match(method, target.path);
  if (!endpoint.matched && next !== undefined) return next();
  const c = new NodeContext(req, res, target, endpoint, params, core.bodyLimitBytes);
  const scheme = 'encrypted' in req.socket ? 'https' : 'http';
  const operation =
    endpoint.telemetry &&
    core.telemetry?.start(endpoint.telemetry, scheme, req.httpVersion, req.headers, own);
  if (operation === undefined) return run(core, c, res);
  c.operation = operation;
  res.once('close', () => {
    operation.end({
      status: res.headersSent ? res.statusCode : undefined,
      error: c.error,
      disconnected: !res.writableFinished,
    });
  });
  context.with(operation.context, run, undefined, core, c, res);
}

function run(core: Core, c: NodeContext, res: ServerResponse): void {
  const rendered = respond(c, core.onError);
  if (rendered instanceof Promise) void rendered.then((later) => send(c, res, later));
  else send(c, res, rendered);
}

function send(c: NodeContext, res: ServerResponse, rendered: Rendered): void {
  if (res.destroyed || res.headersSent) return;
  try {
    write(c, res, rendered);
  } catch (error) {
    if (res.headersSent) res.destroy();
    else write(c, res, unanswered(c, error));
  }
}

function write(c: NodeContext, res: ServerResponse, { status, headers, body }: Rendered): void {
  const fields = c.answerHeaders === undefined ? [...headers] : [...c.answerHeaders, ...headers];
  if (typeof body === 'string') fields.push('content-length', String(Buffer.byteLength(body)));
  else if (body instanceof Uint8Array) fields.push('content-length', String(body.byteLength));
  res.writeHead(status, fields);
  res.end(body);
}
