import { percentile, sorted } from '../views/percentile.ts';
import { type Assertion, holds, isAggregate } from './assertion.ts';
import type { ChosenRequest } from './choose-requests.ts';

export interface Verdict {
  readonly passed: boolean;
  /** Findings, as lines for a terminal. */
  readonly lines: readonly string[];
}

const maxShown = 5;

/** The value of a function of all requests; durations are milliseconds. */
function aggregate(name: string, requests: readonly ChosenRequest[]): number {
  if (name === 'count') return requests.length;
  if (name === 'errorRate') return requests.filter(({ error }) => error).length / requests.length;
  const durations = sorted(requests.map(({ durationMs }) => durationMs));
  const ratio = { p50: 0.5, p95: 0.95, p99: 0.99 }[name] ?? 1;
  return percentile(durations, ratio) ?? Number.NaN;
}

/** Judges an assertion on the requests that it chooses. Without a request nothing was shown: it fails. */
export function check({ source, expectations }: Assertion, requests: readonly ChosenRequest[]): Verdict {
  const asksForNone = expectations.every(
    ({ name, operator, value }) => name === 'count' && holds(0, operator, value),
  );
  if (requests.length === 0 && !asksForNone) {
    return { passed: false, lines: [`FAILED ${source}`, '       no request matches'] };
  }
  const faults: string[] = [];
  let own = 0;
  for (const expectation of expectations) {
    const { name, operator, value, source: text } = expectation;
    if (isAggregate(expectation)) {
      const actual = aggregate(name, requests);
      if (!holds(actual, operator, value)) faults.push(`${text}: it is ${Number(actual.toFixed(3))}`);
      continue;
    }
    const index = own++;
    const failed = requests.filter(({ values }) => !holds(values[index] ?? 0, operator, value));
    for (const request of failed.slice(0, maxShown)) {
      faults.push(
        `${text}: it is ${request.values[index]} in ${request.name} of ${request.service}, trace ${request.traceId}`,
      );
    }
    if (failed.length > maxShown) faults.push(`${text}: and in ${failed.length - maxShown} more requests`);
  }
  const passed = faults.length === 0;
  const head = `${passed ? 'ok    ' : 'FAILED'} ${source} (${requests.length} request${requests.length === 1 ? '' : 's'})`;
  return { passed, lines: [head, ...faults.map((fault) => `       ${fault}`)] };
}
