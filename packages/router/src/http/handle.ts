import { context } from '@opentelemetry/api';
import type { NodeRequest, NodeResponse } from './node-message.ts';
import { type Connection, RequestContext } from './request-context.ts';
import { respond } from './respond.ts';
import type { RouteTable } from '../routing/route-table.ts';
import type { StartRequest } from '../telemetry/telemetry.ts';

/** The parts of a router that handle a request. */
export interface RouterCore extends Connection {
  readonly table: RouteTable;
  /** Undefined when telemetry is disabled. */
  readonly start: StartRequest | undefined;
}

/** Continues with the next handler of the host framework. */
export type NextFunction = (error?: unknown) => void;

/** Node.js 22 does not close a pipelined response that is still queued when its connection ends. */
function closeWithConnection({ socket }: NodeRequest, res: NodeResponse): void {
  const close = (): void => {
    if (!res.destroyed) res.destroy().emit('close');
  };
  socket.setMaxListeners(0).once('close', close);
  res.once('close', () => socket.off('close', close));
}

/** Handles a request of `node:http`. Calls `next`, if there is one, when no route matches. */
export function handle(core: RouterCore, req: NodeRequest, res: NodeResponse, next?: NextFunction): void {
  const c = new RequestContext(core, req, res);
  const endpoint = core.table.match(c.method, c.path, c.params as Record<string, unknown>);
  if (next && !endpoint.route) return next();
  // A pipelined response has no socket until the responses before it are sent.
  if (res.socket === null) closeWithConnection(req, res);
  c.route = endpoint.route;
  c.bodyLimitBytes = endpoint.bodyLimitBytes;
  const active = core.start?.(c, endpoint, core.server);
  if (active) context.with(active, respond, undefined, c, endpoint);
  else respond(c, endpoint);
}
