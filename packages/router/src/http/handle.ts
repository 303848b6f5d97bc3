import { context } from '@opentelemetry/api';
import type { NodeServer } from './graceful-shutdown.ts';
import type { TrustProxyOptions } from './origin.ts';
import { type NodeRequest, type NodeResponse, RequestContext } from './request-context.ts';
import { respond } from './respond.ts';
import type { RouteTable } from '../routing/route-table.ts';
import type { StartRequest } from '../telemetry/telemetry.ts';

/** What answers requests. */
export interface RouterCore {
  readonly table: RouteTable;
  readonly start: StartRequest | undefined;
  readonly trustProxy: TrustProxyOptions;
  /** The router's own. */
  readonly server?: NodeServer;
}

/** Continues with the host framework's next handler. */
export type NextFunction = (error?: unknown) => void;

/** Node 22 never closes an answer that waits for another one on its connection when that ends. */
function closeWithConnection({ socket }: NodeRequest, res: NodeResponse): void {
  const close = (): void => {
    if (!res.destroyed) res.destroy().emit('close');
  };
  socket.setMaxListeners(0).once('close', close);
  res.once('close', () => socket.off('close', close));
}

/** Answers a request of node:http. A host framework's `next` is called when no route matches. */
export function handle(core: RouterCore, req: NodeRequest, res: NodeResponse, next?: NextFunction): void {
  const c = new RequestContext(core, req, res);
  if (next && !c.route) return next();
  // It waits behind another one.
  if (res.socket === null) closeWithConnection(req, res);
  const active = core.start?.(c, core.server);
  if (active) context.with(active, respond, undefined, c);
  else respond(c);
}
