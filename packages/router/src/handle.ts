import { context } from '@opentelemetry/api';
import type { LifeCycle } from './life-cycle.ts';
import { endOperation } from './operation.ts';
import { type NodeRequest, type NodeResponse, RequestContext } from './request-context.ts';
import { respond } from './respond.ts';
import type { RouteTable } from './route-table.ts';
import type { Start } from './telemetry.ts';
import { write } from './write.ts';

/** What answers requests. */
export interface Core {
  readonly table: RouteTable;
  readonly startTelemetry: Start | undefined;
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
  const c = new RequestContext(core, req, res, lifeCycle);
  if (next !== undefined && c.route === '') return next();
  const active = core.startTelemetry?.(c, lifeCycle !== undefined) ?? context.active();
  res.on('close', () => {
    context.with(active, () => c.close());
    endOperation(c);
    lifeCycle?.requestEnded();
  });
  context.with(active, run, undefined, c);
}

function run(c: RequestContext): void {
  const rendered = respond(c);
  if (rendered instanceof Promise) void rendered.then((later) => write(c, later));
  else write(c, rendered);
}
