import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { isRoute } from './endpoint.ts';
import type { LifeCycle } from './life-cycle.ts';
import { endOperation } from './operation.ts';
import { type NodeRequest, type NodeResponse, RequestContext } from './request-context.ts';
import { respond } from './respond.ts';
import type { RouteTable } from './route-table.ts';
import { parseTarget } from './target.ts';
import type { Telemetry } from './telemetry.ts';
import { write } from './write.ts';

/** What answers requests. */
export interface Core {
  readonly table: RouteTable;
  readonly telemetry: Telemetry | undefined;
  readonly trustedHops: number;
}

/** Continues with the host framework's next handler. */
export type NextFunction = (error?: unknown) => void;

/**
 * Answers a request of node:http. The router's own server has a life cycle; `next` is called, where a host framework
 * gave it, when no route matches.
 */
export function handle(
  core: Core,
  req: NodeRequest,
  res: NodeResponse,
  lifeCycle?: LifeCycle,
  next?: NextFunction,
): void {
  const { method = 'GET', url = '/' } = req;
  const target = parseTarget(url);
  const { endpoint, params } = core.table.match(method, target.path);
  if (next !== undefined && !isRoute(endpoint)) return next();
  const c = new RequestContext(req, res, method, target, endpoint, params, core.trustedHops, lifeCycle);
  const active = core.telemetry?.start(c, lifeCycle !== undefined);
  res.on('close', () => {
    if (c.operation === undefined || c.finished) c.close();
    else context.with(c.operation.context, () => c.close());
    endOperation(c);
    lifeCycle?.requestEnded();
  });
  if (active === undefined || active === ROOT_CONTEXT) run(c);
  else context.with(active, run, undefined, c);
}

function run(c: RequestContext): void {
  const rendered = respond(c);
  if (rendered instanceof Promise) void rendered.then((later) => write(c, later));
  else write(c, rendered);
}
