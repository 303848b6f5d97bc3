import { Agent, request } from 'node:http';
import { setTimeout } from 'node:timers/promises';

/** Options of a paced load. */
export interface Pace {
  /** URL, or a function of the request number. */
  readonly url: string | ((index: number) => string);
  /** Requests that are due each second, whether or not those before are answered; none is held back for ever: the
   * connections are bounded, and what waits for one is sent late. */
  readonly perSecond: number;
  /** How many requests are sent in all. */
  readonly count: number;
  /** @default 32 */
  readonly connections?: number;
  readonly headers?: (index: number) => Readonly<Record<string, string>>;
}

/** Result of a paced load. */
export interface Paced {
  /** Requests answered with 200. */
  readonly answered: number;
  /** Requests that failed or were answered otherwise. */
  readonly failed: number;
  /** Milliseconds from the moment a request was due to the end of its answer. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Sends one request and resolves to whether it was answered with 200. */
function asked(url: string, agent: Agent, headers: Readonly<Record<string, string>>): Promise<boolean> {
  return new Promise((resolve) => {
    request(url, { agent, headers }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode === 200));
      response.once('error', () => resolve(false));
    })
      .once('error', () => resolve(false))
      .end();
  });
}

/**
 * An open loop: requests leave at a fixed rate, so that two servers are compared doing the same work.
 *
 * @example const { answered } = await pacedLoad({ url, perSecond: 1000, count: 2000 });
 */
export async function pacedLoad({ url, perSecond, count, connections = 32, headers }: Pace): Promise<Paced> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const times: number[] = [];
  const answers: Promise<boolean>[] = [];
  const begun = performance.now();
  const sent = async (index: number): Promise<boolean> => {
    const isOk = await asked(typeof url === 'string' ? url : url(index), agent, headers?.(index) ?? {});
    times.push(performance.now() - begun - (index * 1000) / perSecond);
    return isOk;
  };
  while (answers.length < count) {
    const due = Math.min(count, ((performance.now() - begun) * perSecond) / 1000);
    while (answers.length < due) answers.push(sent(answers.length));
    await setTimeout(1);
  }
  const outcomes = await Promise.all(answers);
  agent.destroy();
  const answered = outcomes.filter(Boolean).length;
  times.sort((a, b) => a - b);
  const quantile = (q: number): number => times[Math.floor((times.length - 1) * q)] ?? Number.NaN;
  return { answered, failed: count - answered, p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
}
