import { context } from '@opentelemetry/api';
import type { NodeServer } from './life-cycle.ts';
import { type NodeRequest, type NodeResponse, RequestContext } from './request-context.ts';
import { respond } from './respond.ts';
import type { RouteTable } from './route-table.ts';
import type { Start } from './telemetry.ts';

/** What answers requests. */
export interface Core {
  readonly table: RouteTable;
  readonly start: Start | undefined;
  /** How many proxies are trusted. */
  readonly hops: number;
  /** The router's own. */
  readonly server?: NodeServer;
}

/** Continues with the host framework's next handler. */
export type NextFunction = (error?: unknown) => void;

/** Answers a request of node:http. A host framework's `next` is called when no route matches. */
export function handle(core: Core, req: NodeRequest, res: NodeResponse, next?: NextFunction): void {
  const c = new RequestContext(core, req, res);
  if (next && !c.route) return next();
  const active = core.start?.(c, core.server);
  if (active) context.with(active, respond, undefined, c);
  else respond(c);
}
