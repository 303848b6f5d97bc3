import { text } from 'node:stream/consumers';
import { OtlpSink, type Received } from '../../test/support/otlp-sink.ts';
import { pacedLoad } from '../../test/support/paced-load.ts';
import { endChild, seenBy } from './child.ts';
import type { Column } from './columns.ts';
import { type Program, startProgram } from './program.ts';
import type { Row } from './rows.ts';
import { traceparent } from './traceparent.ts';

const requests = 1000;

/** Exported telemetry of a number of requests. */
export interface Exported {
  readonly spans: number;
  readonly serverSpans: number;
  /** Server spans that have `http.route`. */
  readonly routed: number;
  readonly records: number;
  /** Log records with a trace id. */
  readonly correlated: number;
  /** Requests in the histogram of their duration. */
  readonly measured: number;
  /** Spans in traces of the client. */
  readonly continued: number;
}

/** Properties of an exported item. */
interface Sample {
  readonly signal: 'spans' | 'records' | 'metrics';
  readonly kind?: number;
  readonly traceId?: string;
  readonly route?: unknown;
  readonly name?: string;
  readonly count?: number;
}

const server = 1;
const isDuration = (name = ''): boolean => /^http[._]server[._](?:request[._])?duration/.test(name);
const ids = new Set(Array.from({ length: requests }, (_, index) => traceparent(index).split('-')[1]));

function summary(samples: readonly Sample[]): Exported {
  const spans = samples.filter(({ signal }) => signal === 'spans');
  const servers = spans.filter(({ kind }) => kind === server);
  const records = samples.filter(({ signal }) => signal === 'records');
  const durations = samples.filter(({ signal, name }) => signal === 'metrics' && isDuration(name));
  return {
    spans: spans.length,
    serverSpans: servers.length,
    routed: servers.filter(({ route }) => route !== undefined).length,
    records: records.length,
    correlated: records.filter(({ traceId }) => traceId !== undefined && traceId !== '').length,
    measured: Math.max(0, ...durations.map(({ count }) => count ?? 0)),
    continued: spans.filter(({ traceId = '' }) => ids.has(traceId)).length,
  };
}

interface DataPoints {
  readonly dataPoints?: readonly { readonly count?: unknown }[];
}

function countDataPoints({ raw }: Received): number {
  const points = ((raw['histogram'] ?? {}) as DataPoints).dataPoints ?? [];
  return points.reduce((sum, { count }) => sum + Number(count), 0);
}

/** In OTLP the kinds of a span begin at 1. */
function listSamples({ spans, logs, metrics }: OtlpSink): Sample[] {
  return [
    ...spans.map(({ traceId, attributes, raw }) => ({
      signal: 'spans' as const,
      kind: Number(raw['kind']) - 1,
      traceId,
      route: attributes['http.route'],
    })),
    ...logs.map(({ traceId }) => ({ signal: 'records' as const, traceId })),
    ...metrics.map((metric) => ({
      signal: 'metrics' as const,
      name: metric.name,
      count: countDataPoints(metric),
    })),
  ];
}

/** Counts in the Prometheus response and the console lines. */
function samplesFrom(page: string, output: string): Sample[] {
  const counts = page.split('\n').filter((line) => isDuration(line) && /_count[{ ]/.test(line));
  const count = counts.reduce((sum, line) => sum + Number(/[}\s](\d+)(?:\s|$)/.exec(line)?.[1] ?? 0), 0);
  const records = output.split('Looking up a user').slice(1);
  const traceIds = output.match(/\b[0-9a-f]{32}\b/g) ?? [];
  return [
    { signal: 'metrics', name: 'http_server_request_duration_seconds', count },
    ...records.map((_, index) => ({ signal: 'records' as const, traceId: traceIds[index] ?? '' })),
  ];
}

function faults(row: Row, column: Column, exported: Exported): string[] {
  const hasTraces = row.part !== 'classic';
  // Hono's middleware creates an additional server span and measures the request again.
  const [least, most] = column.ratio === 1 ? [requests, 2 * requests] : [1, requests * column.ratio * 4];
  return [
    ...(hasTraces && (exported.serverSpans < least || exported.serverSpans > most)
      ? [`${exported.serverSpans} server spans`]
      : []),
    ...(exported.records === requests ? [] : [`${exported.records} log records`]),
    ...(exported.measured === requests || exported.measured === 2 * requests
      ? []
      : [`${exported.measured} requests in the histogram`]),
    ...(hasTraces && exported.correlated !== requests
      ? [`${exported.correlated} log records in a trace`]
      : []),
    ...(column.hasParent && exported.continued < requests
      ? [`${exported.continued} spans in the client's traces`]
      : []),
  ];
}

/** Result of the verification of a program. */
export interface Verified {
  readonly exported: Exported | undefined;
  /** Missing telemetry; empty if complete. */
  readonly faults: readonly string[];
}

/** Collects the output of a program until it exits. */
async function readOutput({ process: child }: Program): Promise<string> {
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  return (await Promise.all(streams.map(text))).join('');
}

/** Sends requests to a program and verifies the exported telemetry. */
export async function verify(row: Row, column: Column): Promise<Verified> {
  await using sink = await OtlpSink.start();
  const program = await startProgram(row, column, { endpoint: sink.url, isVerified: true });
  try {
    const output = readOutput(program);
    const headers = column.hasParent
      ? { headers: (index: number) => ({ traceparent: traceparent(index) }) }
      : {};
    const url = `${program.url}/users/42`;
    const { failed } = await pacedLoad({ url, perSecond: 2000, count: requests, ...headers });
    if (failed > 0) throw new Error(`${failed} requests failed`);
    const { samples = [] } = (await seenBy(program)) as { samples?: Sample[] };
    const page = program.page === undefined ? undefined : await (await fetch(program.page)).text();
    await endChild(program);
    const onPage = page === undefined ? [] : samplesFrom(page, await output);
    await sink.settled();
    const exported = summary([...samples, ...listSamples(sink), ...onPage]);
    return { exported, faults: faults(row, column, exported) };
  } finally {
    await endChild(program);
  }
}
