import type { WaitingRequest } from '../../../packages/exporters/src/otlp/queue/waiting-request.ts';
import type { LeasedRequest } from '../../../packages/exporters/src/otlp/queue/request-spool.ts';
import type { Spool } from '../../../packages/exporters/src/otlp/spool/spool.ts';

export const endpoint = 'http://collector:4318/v1/traces';

/** A request whose body can be checked: a number, then bytes that follow from it. */
export function numberedRequest(
  number: number,
  bodyBytes: number = 40 + ((number * 37) % 200),
): WaitingRequest {
  const body = Buffer.alloc(bodyBytes, `request ${number} `);
  return { signal: 'traces', endpoint, body, itemCount: number };
}

/** The number of a request. @throws if the request is not what `numberedRequest` returned */
export function toNumber({ request }: LeasedRequest): number {
  const number = request.itemCount;
  const expected = numberedRequest(number, request.body.length);
  const isIntact =
    Buffer.compare(request.body, expected.body) === 0 &&
    request.signal === expected.signal &&
    request.endpoint === endpoint;
  if (!isIntact) throw new Error(`request ${number} is corrupt: ${Buffer.from(request.body).toString()}`);
  return number;
}

/** Delivers everything that waits. Returns the numbers in order. */
export async function drain(spool: Spool): Promise<number[]> {
  const numbers: number[] = [];
  for (;;) {
    const leased = await spool.leaseOldest(new Set([endpoint]));
    if (leased === undefined) return numbers;
    numbers.push(toNumber(leased));
    await leased.ack();
  }
}
