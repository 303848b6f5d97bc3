import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { isRoute } from './endpoint.ts';
import type { LifeCycle } from './life-cycle.ts';
import { NodeContext, type NodeRequest, type NodeResponse } from './node-context.ts';
import { write } from './node-writer.ts';
import { endOperation } from './operation.ts';
import { respond } from './respond.ts';
import type { RouteTable } from './route-table.ts';
import { emptyTarget, parseTarget } from './target.ts';
import type { Telemetry } from './telemetry.ts';

/** What both adapters need to answer requests. */
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
export function handleNode(
  core: Core,
  req: NodeRequest,
  res: NodeResponse,
  lifeCycle: LifeCycle | undefined,
  next?: NextFunction,
): void {
  const method = req.method ?? 'GET';
  const target = parseTarget(req.url ?? '/');
  const { endpoint, params } =
    target === undefined ? core.table.misread(method) : core.table.match(method, target.path);
  if (next !== undefined && !isRoute(endpoint)) return next();
  const c = new NodeContext(req, res, target ?? emptyTarget, endpoint, params, core.trustedHops, lifeCycle);
  const active = core.telemetry?.start(c, lifeCycle !== undefined);
  res.on('close', () => {
    ended(c, res);
    lifeCycle?.requestEnded();
  });
  if (active === undefined || active === ROOT_CONTEXT) run(c, res);
  else context.with(active, run, undefined, c, res);
}

function run(c: NodeContext, res: NodeResponse): void {
  const rendered = respond(c);
  if (rendered instanceof Promise) void rendered.then((later) => write(c, res, later));
  else write(c, res, rendered);
}

/** The answer is written, or the client has gone. */
function ended(c: NodeContext, res: NodeResponse): void {
  if (c.operation === undefined || c.finished) c.close();
  else context.with(c.operation.context, () => c.close());
  endOperation(c, res.headersSent ? res.statusCode : undefined, !c.finished);
}
