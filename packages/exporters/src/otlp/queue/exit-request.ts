import { abortedError, connectionError } from './delivery-errors.ts';
import { acceptedResult } from './delivery-result.ts';
import type { Delivery } from './delivery.ts';
import type { Lane } from './lane.ts';
import type { ExitRequest } from './request-queue.ts';
import type { RequestSpool } from './request-spool.ts';
import type { ExitResponse, Transport } from './transport.ts';

/** The lane, the transport and the spool of a delivery. */
export interface ExitContext {
  readonly lane: Lane;
  readonly transport: Transport;
  readonly spool: RequestSpool | undefined;
}

/** Prepares a delivery for the 'exit' event. If it is not delivered then, it remains on disk or is dropped. */
export function createExitRequest(delivery: Delivery, { lane, transport, spool }: ExitContext): ExitRequest {
  const { request, whole } = delivery;
  const { itemCount } = request;
  const { lastError } = lane;
  whole.isExiting = true;
  const isSuperseded = lane.isSuperseded(delivery);
  const settle = (response: ExitResponse | undefined, failure?: Error): void => {
    const outcome = response && transport.readResponse?.(response);
    if (isSuperseded) delivery.settle({ superseded: itemCount });
    else if (outcome?.status === 'accepted') delivery.settle(acceptedResult(itemCount, outcome));
    else if (outcome?.status === 'permanent') delivery.settle({ dropped: itemCount, error: outcome.error });
    else {
      const isOnDisk = whole.spooled !== undefined || spool?.appendSync(request) === true;
      const connection = failure && connectionError(failure);
      const error =
        outcome?.error ?? connection ?? lastError ?? abortedError('the export timeout at exit has expired');
      delivery.settle(isOnDisk ? { spooled: itemCount } : { dropped: itemCount, error });
    }
  };
  const isSent = !isSuperseded && !lane.isAttemptUseless;
  return { request: isSent ? transport.exitRequest?.(request) : undefined, settle };
}
