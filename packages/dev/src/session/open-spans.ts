import { EventEmitter } from 'node:events';
import { kindNames } from '../query/span-dialect.ts';
import { readJsonTraces } from '../otlp/json-requests.ts';
import type { SpanData } from '../otlp/model.ts';
import { readSpanFacts } from '../store/span-facts.ts';

/** How long a process is believed that reports nothing more. */
const forgottenAfterMs = 10_000;
const maxItems = 200;
const maxProcesses = 1000;

/** A span that has begun and not ended. */
export interface OpenSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly service: string;
  readonly instance: string;
  readonly kind: string;
  readonly method: string | null;
  readonly route: string | null;
  readonly path: string | null;
  readonly name: string;
  readonly start: number;
  readonly attributes: object;
}

interface Snapshot {
  readonly spans: readonly OpenSpan[];
  /** Grows with each snapshot of a process. */
  readonly sequence: number;
  readonly receivedAt: number;
}

/** A snapshot as processes send it. */
interface Report {
  readonly process?: unknown;
  readonly sequence?: unknown;
}

function view(span: SpanData, service: string, instance: string): OpenSpan {
  const { method, route, path } = readSpanFacts(span.attributes);
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId === '' ? null : span.parentSpanId,
    service,
    instance,
    kind: kindNames[span.kind] ?? 'internal',
    method,
    route,
    path,
    name: span.name,
    start: span.start.us / 1000,
    attributes: JSON.parse(span.attributes.toText()) as object,
  };
}

/** The spans under way in all processes, as each process reported them last. */
export class OpenSpans extends EventEmitter<{ change: [] }> {
  readonly #snapshots = new Map<string, Snapshot>();

  /**
   * Takes the snapshot of a process: an OTLP request in JSON, with `process` and `sequence`. An older one than the last is ignored.
   *
   * @throws {SyntaxError} for one that is none
   */
  receive(body: Uint8Array): void {
    const request = JSON.parse(Buffer.from(body).toString('utf8')) as Report;
    const { groups } = readJsonTraces(request);
    const process = typeof request.process === 'string' ? request.process.slice(0, 100) : '';
    const given = typeof request.sequence === 'number' ? request.sequence : undefined;
    const byInstance = new Map<string, OpenSpan[]>();
    for (const { resource, items } of groups) {
      const service = resource.attributes.text('service.name') ?? 'unknown_service';
      const instance = resource.attributes.text('service.instance.id', 'process.pid') ?? '';
      const key = `${service}\0${instance}\0${process}`;
      const spans = byInstance.get(key) ?? [];
      byInstance.set(key, spans);
      for (const span of items) spans.push(view(span, service, instance));
    }
    const receivedAt = Date.now();
    for (const [key, spans] of byInstance) {
      const last = this.#snapshots.get(key);
      const sequence = given ?? (last?.sequence ?? 0) + 1;
      // Each snapshot has a connection of its own, so that two may overtake one another.
      if (last !== undefined && sequence <= last.sequence) continue;
      // An empty one stays until it is forgotten: an older one may still arrive.
      if (last !== undefined || this.#snapshots.size < maxProcesses) {
        this.#snapshots.set(key, { spans, sequence, receivedAt });
      }
    }
    this.emit('change');
  }

  /** All spans that are under way. */
  all(): OpenSpan[] {
    return [...this.#snapshots.values()].flatMap(({ spans }) => spans);
  }

  /** Forgets the processes that have reported nothing for a while: they were killed. */
  forgetOld(): void {
    const oldest = Date.now() - forgottenAfterMs;
    const { size } = this.#snapshots;
    for (const [key, { receivedAt }] of this.#snapshots) {
      if (receivedAt < oldest) this.#snapshots.delete(key);
    }
    if (this.#snapshots.size < size) this.emit('change');
  }

  clear(): void {
    this.#snapshots.clear();
    this.emit('change');
  }
}

/** An open span, with how long it has been under way. */
export function withElapsed(span: OpenSpan, now: number): OpenSpan & { elapsedMs: number } {
  return { ...span, elapsedMs: Math.max(0, now - span.start) };
}

export interface OpenRequests {
  readonly count: number;
  readonly items: readonly (OpenSpan & { readonly elapsedMs: number; readonly spans: number })[];
}

/** `GET /api/requests/open`: the entry spans among open ones, longest first. */
export function openRequests(open: readonly OpenSpan[]): OpenRequests {
  const now = Date.now();
  const byTrace = Map.groupBy(open, ({ traceId }) => traceId);
  const entries = open.filter(
    ({ kind, parentSpanId }) => kind === 'server' || kind === 'consumer' || parentSpanId === null,
  );
  const items = entries
    .toSorted((a, b) => a.start - b.start)
    .slice(0, maxItems)
    .map((span) => Object.assign(withElapsed(span, now), { spans: byTrace.get(span.traceId)?.length ?? 1 }));
  return { count: entries.length, items };
}
