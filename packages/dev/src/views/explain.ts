import { spanJoins } from '../query/span-dialect.ts';
import { type Database, parseJson, type Row, ViewError } from './database.ts';
import { percentile, sorted } from './percentile.ts';
import { arrangeTrace, type TraceNode, type TraceTree } from './trace.ts';
import { getRuntime } from './trace-runtime.ts';
import { criticalPath, findFolds, findGaps, selfMs } from './trace-times.ts';

export interface ExplainParameters {
  readonly trace?: string | undefined;
  readonly q?: string | undefined;
}

interface Finding {
  readonly kind: 'repeated' | 'self' | 'gap' | 'slowSpan' | 'eventLoop' | 'gc' | 'error';
  readonly share: number;
  readonly ms: number;
  readonly spanIds: readonly string[];
  readonly text: string;
}

const round = (ms: number): string => (ms >= 10 ? ms.toFixed(0) : ms.toFixed(1));
const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** `GET /api/explain` */
export function explain(database: Database, { trace, q }: ExplainParameters): unknown {
  if (trace !== undefined) return explainTrace(database, trace);
  const condition = database.condition(q, 'spans');
  const slowest = database.all(
    `SELECT t.trace_id, s.duration_ns, s.attributes FROM spans s CROSS JOIN traces t ON t.id = s.trace ${spanJoins()}
     WHERE s.entry = 1 AND (${condition.text}) ORDER BY s.duration_ns DESC LIMIT 5000`,
    ...condition.parameters,
  );
  const [first] = slowest;
  if (first === undefined) throw new ViewError(404, 'no request matches the query');
  return { ...explainTrace(database, String(first['trace_id'])), differences: differences(slowest) };
}

function explainTrace(database: Database, traceId: string): object {
  const arranged = arrangeTrace(database, traceId);
  const { nodes, root, start, end } = arranged;
  const durationMs = Math.max(0.001, end - start);
  return {
    subject: { traceId, name: root?.name ?? '', durationMs, ...typical(database, root) },
    findings: listFindings(database, arranged, durationMs).toSorted((a, b) => b.share - a.share),
    selfTime: selfTimes(nodes, durationMs),
    differences: [],
  };
}

/** How long requests of the same route take as a rule. */
function typical(
  database: Database,
  root: TraceNode | undefined,
): { typicalMs: number | null; percentile: number | null } {
  if (root === undefined) return { typicalMs: null, percentile: null };
  const rows = database.all(
    `SELECT s.duration_ns FROM spans s WHERE s.entry = 1 AND s.name = ? AND s.resource IN
     (SELECT id FROM resources WHERE service = (SELECT service FROM resources WHERE id = ?)) ORDER BY s.id DESC LIMIT 5000`,
    root.name,
    root.resource,
  );
  const durations = sorted(rows.map(({ duration_ns: duration }) => Number(duration) / 1e6));
  const below = durations.filter((duration) => duration <= root.durationMs).length;
  return {
    typicalMs: percentile(durations, 0.5),
    percentile: durations.length === 0 ? null : below / durations.length,
  };
}

function listFindings(
  database: Database,
  { nodes, root, start, end }: TraceTree,
  durationMs: number,
): Finding[] {
  const { folds } = findFolds(nodes);
  const repeated = folds
    .filter(({ inSeries, totalMs }) => inSeries && totalMs / durationMs >= 0.1)
    .map(({ count, name, totalMs, spanIds }): Finding => {
      const share = totalMs / durationMs;
      const text = `${count} x "${name}" in series take ${round(totalMs)} ms (${percent(share)}): one call for all, or calls at once, would do`;
      return { kind: 'repeated', share, ms: totalMs, spanIds, text };
    });
  const folded = new Set(repeated.flatMap(({ spanIds }) => spanIds));
  const bySpan = new Map<string, number>();
  for (const piece of root === undefined ? [] : criticalPath(root)) {
    bySpan.set(piece.spanId, (bySpan.get(piece.spanId) ?? 0) + piece.end - piece.start);
  }
  const slow = nodes
    .filter(({ spanId }) => (bySpan.get(spanId) ?? 0) / durationMs >= 0.2 && !folded.has(spanId))
    .map(({ spanId, name, row, children }): Finding => {
      const ms = bySpan.get(spanId) ?? 0;
      const share = ms / durationMs;
      const own = children.length === 0 ? '' : ' itself, outside its children';
      const text = `"${name}" in ${row['service']} takes ${round(ms)} ms (${percent(share)}) of the critical path${own}`;
      return { kind: children.length === 0 ? 'slowSpan' : 'self', share, ms, spanIds: [spanId], text };
    });
  const gaps = findGaps(nodes, durationMs)
    .filter((gap) => gap.durationMs / durationMs >= 0.1)
    .map(({ spanId, durationMs: ms }): Finding => {
      const share = ms / durationMs;
      return {
        kind: 'gap',
        share,
        ms,
        spanIds: [spanId],
        text: `no child of this span is under way for ${round(ms)} ms (${percent(share)})`,
      };
    });
  const errors = nodes
    .filter(({ row }) => row['status'] === 2)
    .slice(0, 20)
    .map(({ spanId, name, durationMs: ms, row }): Finding => {
      const message = row['message'] === null ? '' : `: ${String(row['message']).slice(0, 200)}`;
      return {
        kind: 'error',
        share: ms / durationMs,
        ms,
        spanIds: [spanId],
        text: `"${name}" failed${message}`,
      };
    });
  return [...repeated, ...slow, ...gaps, ...errors, ...runtimeFindings(database, nodes, start, end)];
}

interface RuntimeSeries {
  readonly service: string;
  readonly kind: 'eventLoopDelay' | 'gc';
  readonly points: readonly { readonly time: number; readonly value: number }[];
}

function runtimeFindings(
  database: Database,
  nodes: readonly TraceNode[],
  start: number,
  end: number,
): Finding[] {
  const resources = [...new Set(nodes.map(({ resource }) => resource))].slice(0, 20);
  const series = getRuntime(database, resources, start * 1000, end * 1000) as readonly RuntimeSeries[];
  const durationMs = Math.max(0.001, end - start);
  return series.flatMap(({ service, kind, points }): Finding[] => {
    // The point that covers the trace is the first one after its end.
    const last = points.find(({ time }) => time >= end);
    const ms = (last?.value ?? 0) * 1000;
    const share = Math.min(1, ms / durationMs);
    if (ms < 10 || share < 0.1) return [];
    const text =
      kind === 'gc'
        ? `garbage collection took ${round(ms)} ms of the interval around it in ${service}`
        : `the event loop of ${service} was blocked for up to ${round(ms)} ms around it`;
    return [{ kind: kind === 'gc' ? 'gc' : 'eventLoop', share, ms, spanIds: [], text }];
  });
}

function selfTimes(nodes: readonly TraceNode[], durationMs: number): object[] {
  const groups = Map.groupBy(nodes, ({ name, row }) => `${row['service']}\0${name}`);
  const all = [...groups.values()].map((group) => {
    const ms = group.reduce((sum, node) => sum + selfMs(node), 0);
    const [first] = group;
    const { service, category } = first?.row ?? {};
    return { name: first?.name, service, category, count: group.length, ms, share: ms / durationMs };
  });
  return all.toSorted((a, b) => b.ms - a.ms).slice(0, 20);
}

/** Which part of the rows has each attribute with its value. */
function computeRatios(rows: readonly Row[]): Map<string, number> {
  const ratios = new Map<string, number>();
  for (const row of rows) {
    for (const [key, value] of Object.entries(parseJson<object>(row['attributes'], {}))) {
      const pair = JSON.stringify([key, value]);
      if (pair.length < 500) ratios.set(pair, (ratios.get(pair) ?? 0) + 1 / rows.length);
    }
  }
  return ratios;
}

/** Attributes whose values are frequent among the slowest tenth and rare among the others. */
function differences(slowestFirst: readonly Row[]): object[] {
  if (slowestFirst.length < 20) return [];
  const cut = Math.ceil(slowestFirst.length / 10);
  const slow = computeRatios(slowestFirst.slice(0, cut));
  const normal = computeRatios(slowestFirst.slice(cut));
  return [...slow]
    .map(([pair, share]) => {
      const [attribute, value] = JSON.parse(pair) as [string, unknown];
      return { attribute, value, slow: share, normal: normal.get(pair) ?? 0 };
    })
    .filter((difference) => difference.slow - difference.normal >= 0.3)
    .toSorted((a, b) => b.slow - b.normal - (a.slow - a.normal))
    .slice(0, 20);
}
