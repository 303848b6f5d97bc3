import type { Received } from '../support/otlp-sink.ts';
import type { Ending } from '../support/program.ts';

/** Input of the criteria: how the program ended and what the Collector received. */
export interface Observation {
  /** Undefined if the program was killed at the time limit. */
  readonly ending: Ending | undefined;
  /** Milliseconds from the line `leaving` to the exit; undefined if either did not happen. */
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

/** Total of a counter over all streams: the last cumulative value, or the sum of the delta values. */
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

/** Whether this is logfire's placeholder of an open span. */
const isAnnouncement = ({ attributes }: Received): boolean =>
  attributes['logfire.span_type'] === 'pending_span';

/** Ended spans, without placeholders. */
export const endedSpans = (spans: readonly Received[]): readonly Received[] =>
  spans.filter((span) => !isAnnouncement(span));

const named = (items: readonly Received[], name: string): number =>
  items.filter((item) => item.name === name).length;

/** Describes missing telemetry of `times` units of work, each one span, log record and count. */
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

/** Describes an ending that differs from this exit code. */
export function endingFault({ ending }: Observation, code: number): string | undefined {
  if (ending === undefined) return 'does not exit';
  if (ending.signal !== null) return `killed by ${ending.signal}`;
  return ending.code === code ? undefined : `exit code ${ending.code}, not ${code}`;
}

const patienceMs = 5000;

/** Describes an exit so late that an orchestrator would kill the process. */
export function delayFault({ endedAfterMs }: Observation): string | undefined {
  if (endedAfterMs === undefined || endedAfterMs <= patienceMs) return undefined;
  return `exits only after ${Math.round(endedAfterMs / 1000)} s`;
}

/** Joins faults in one line; undefined if there are none. */
export function faults(...found: readonly (string | undefined)[]): string | undefined {
  return found.filter((fault) => fault !== undefined).join('; ') || undefined;
}
