import type { Received } from '../support/otlp-sink.ts';
import type { Ending } from '../support/program.ts';

/** What a cell is judged by: how the program ended and what the Collector had received by then. */
export interface Observation {
  /** Undefined when it ran into the time limit and was killed. */
  readonly ending: Ending | undefined;
  /** Milliseconds from the line `leaving` to the end; undefined when either was not reached. */
  readonly endedAfterMs: number | undefined;
  readonly output: string;
  readonly spans: readonly Received[];
  readonly logs: readonly Received[];
  readonly metrics: readonly Received[];
}

interface Sum {
  readonly aggregationTemporality?: number;
  readonly dataPoints?: readonly { readonly asInt?: unknown; readonly asDouble?: unknown }[];
}

const delta = 1;

/** The total of a counter: the last value of each stream, or all values of a stream of differences, summed. */
export function total(observation: Pick<Observation, 'metrics'>, name: string): number {
  const streams = new Map<string, number>();
  for (const metric of observation.metrics.filter((received) => received.name === name)) {
    const sum = metric.raw['sum'] as Sum | undefined;
    const value = (sum?.dataPoints ?? []).reduce(
      (points, { asInt, asDouble }) => points + Number(asDouble ?? asInt ?? 0),
      0,
    );
    const stream = JSON.stringify(metric.resource);
    const before = sum?.aggregationTemporality === delta ? (streams.get(stream) ?? 0) : 0;
    streams.set(stream, before + value);
  }
  return [...streams.values()].reduce((all, value) => all + value, 0);
}

/** Announces a span that is still open, and is no span of its own. */
const isAnnouncement = ({ attributes }: Received): boolean =>
  attributes['logfire.span_type'] === 'pending_span';

/** The spans that ended. */
export const endedSpans = (spans: readonly Received[]): readonly Received[] =>
  spans.filter((span) => !isAnnouncement(span));

const named = (items: readonly Received[], name: string): number =>
  items.filter((item) => item.name === name).length;

/** What is wrong with the unit of work that was done `times`: one span, one log record, one count each. */
export function workFault(observation: Observation, times: number): string | undefined {
  const counts = {
    span: named(observation.spans, 'work'),
    log: named(observation.logs, 'worked'),
    metric: total(observation, 'app.work'),
  };
  const wrong = Object.entries(counts).filter(([, count]) => count !== times);
  if (wrong.length === 0) return undefined;
  if (wrong.every(([, count]) => count === 0)) return `lost: ${wrong.map(([signal]) => signal).join(', ')}`;
  return wrong.map(([signal, count]) => `${signal} ${count} of ${times}`).join(', ');
}

/** What is wrong with how the program ended, if it should have ended with this code. */
export function endingFault({ ending }: Observation, code: number): string | undefined {
  if (ending === undefined) return 'does not end';
  if (ending.signal !== null) return `ended by ${ending.signal}`;
  return ending.code === code ? undefined : `exit code ${ending.code}, not ${code}`;
}

const patienceMs = 5000;

/** Whether it went on for long after it should have ended: an orchestrator would kill it. */
export function delayFault({ endedAfterMs }: Observation): string | undefined {
  if (endedAfterMs === undefined || endedAfterMs <= patienceMs) return undefined;
  return `ends only after ${Math.round(endedAfterMs / 1000)} s`;
}

/** All faults in one line; undefined if there is none. */
export function faults(...found: readonly (string | undefined)[]): string | undefined {
  return found.filter((fault) => fault !== undefined).join('; ') || undefined;
}
