import { abortedError, connectionError } from './delivery-errors.ts';
import { acceptedResult } from './delivery-result.ts';
import type { Delivery } from './delivery.ts';
import type { Lane } from './lane.ts';
import type { ExitRequest } from './request-queue.ts';
import type { RequestSpool } from './request-spool.ts';
import type { ExitAnswer, Transport } from './transport.ts';

/** The surroundings of a delivery. */
export interface ExitContext {
  readonly lane: Lane;
  readonly transport: Transport;
  readonly spool: RequestSpool | undefined;
}

/** Prepares a delivery for the 'exit' event: what is not delivered then is left on disk, or lost. */
export function createExitRequest(delivery: Delivery, { lane, transport, spool }: ExitContext): ExitRequest {
  const { request, root } = delivery;
  const { itemCount } = request;
  const { lastError } = lane;
  root.isExiting = true;
  const isSuperseded = lane.isSuperseded(delivery);
  const settle = (answer: ExitAnswer | undefined, failure?: Error): void => {
    const outcome = answer && transport.readAnswer?.(answer);
    if (isSuperseded) delivery.settle({ superseded: itemCount });
    else if (outcome?.status === 'accepted') delivery.settle(acceptedResult(itemCount, outcome));
    else if (outcome?.status === 'permanent') delivery.settle({ lost: itemCount, error: outcome.error });
    else {
      const isOnDisk = root.spooled !== undefined || spool?.appendSync(request) === true;
      const connection = failure && connectionError(failure);
      const error = outcome?.error ?? connection ?? lastError ?? abortedError('the time for exports is over');
      delivery.settle(isOnDisk ? { spooled: itemCount } : { lost: itemCount, error });
    }
  };
  const isSent = !isSuperseded && !lane.isHopeless;
  return { request: isSent ? transport.exitRequest?.(request) : undefined, settle };
}
