import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Group, SpanData } from '../otlp/model.ts';
import type { ExceptionWriter } from './exception-writer.ts';
import type { Interned } from './interned.ts';
import { readSpanFacts } from './span-facts.ts';
import type { TraceStates } from './trace-states.ts';

const kindServer = 2;
const kindConsumer = 5;
const statusError = 2;

/** Nanoseconds from start to end; exact for half a year. */
function spanDuration({ start, end }: SpanData): number {
  const duration = (end.us - start.us) * 1000 + (end.ns - start.ns);
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(duration, Number.MAX_SAFE_INTEGER));
}

/** Events or links as JSON; null where there are none. */
function eventsText({ events }: SpanData): string | null {
  if (events.length === 0) return null;
  const parts = events.map(({ time, name, attributes, dropped }) => {
    const exact = attributes.exact === undefined ? '' : `,"exact":${JSON.stringify(attributes.exact)}`;
    const sum = dropped + attributes.dropped;
    return `{"us":${time.us},"ns":${time.ns},"name":${JSON.stringify(name)},"attributes":${attributes.toText()},"dropped":${sum}${exact}}`;
  });
  return `[${parts.join(',')}]`;
}

function linksText({ links }: SpanData): string | null {
  if (links.length === 0) return null;
  const parts = links.map(({ traceId, spanId, traceState, attributes, dropped, flags }) => {
    const exact = attributes.exact === undefined ? '' : `,"exact":${JSON.stringify(attributes.exact)}`;
    const ids = `"traceId":"${traceId}","spanId":"${spanId}","traceState":${JSON.stringify(traceState)},"flags":${flags}`;
    return `{${ids},"attributes":${attributes.toText()},"dropped":${dropped + attributes.dropped}${exact}}`;
  });
  return `[${parts.join(',')}]`;
}

/** Span data that only span details and exports read. */
function extraText(span: SpanData): string | null {
  const { attributes, flags, traceState, droppedEvents, droppedLinks } = span;
  const dropped = span.droppedAttributes + attributes.dropped;
  const isPlain = attributes.exact === undefined && traceState === '' && dropped === 0;
  if (isPlain && droppedEvents === 0 && droppedLinks === 0) return flags === 0 ? null : `{"flags":${flags}}`;
  return JSON.stringify({
    flags,
    traceState: traceState || undefined,
    dropped: dropped || undefined,
    droppedEvents: droppedEvents || undefined,
    droppedLinks: droppedLinks || undefined,
    exact: attributes.exact,
  });
}

/** Writes spans. */
export class SpanWriter {
  /** How many were written, and how many of them are requests. */
  spans = 0;
  requests = 0;
  lastRequestId = 0;
  /** A guess of how many bytes they take. */
  bytes = 0;
  readonly #interned: Interned;
  readonly #traces: TraceStates;
  readonly #exceptions: ExceptionWriter;
  readonly #insert: StatementSync;
  readonly #insertLink: StatementSync;
  #nextId: number;

  constructor(database: DatabaseSync, interned: Interned, traces: TraceStates, exceptions: ExceptionWriter) {
    this.#interned = interned;
    this.#traces = traces;
    this.#exceptions = exceptions;
    this.#insert = database.prepare(
      `INSERT INTO spans (id, trace, span_id, parent_id, name, kind, start_us, start_ns, duration_ns, status, resource, scope, entry,
       route, method, path, status_code, category, target, attributes, message, events, links, extra)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#insertLink = database.prepare('INSERT INTO links VALUES (?, ?, ?, ?)');
    this.#nextId = Number(
      database.prepare('SELECT coalesce(max(id), 0) + 1 AS next FROM spans').get()?.['next'],
    );
  }

  write(groups: readonly Group<SpanData>[]): void {
    for (const { resource, scope, items } of groups) {
      if (items.length === 0) continue;
      const ofResource = this.#interned.resource(resource);
      const scopeId = this.#interned.scope(scope);
      ofResource.isDirty = true;
      ofResource.spans += items.length;
      this.spans += items.length;
      for (const span of items) this.#write(span, ofResource.id, scopeId);
    }
  }

  #write(span: SpanData, resource: number, scope: number): void {
    const { start, end, attributes, kind, statusCode, parentSpanId } = span;
    const id = this.#nextId++;
    const trace = this.#traces.change(span.traceId);
    const isEntry = parentSpanId === '' || kind === kindServer || kind === kindConsumer;
    const facts = readSpanFacts(attributes);
    const attributesText = attributes.toText();
    const eventText = eventsText(span);

    trace.spans += 1;
    if (statusCode === statusError) trace.errors += 1;
    if (start.us < trace.startUs) trace.startUs = start.us;
    if (end.us > trace.endUs) trace.endUs = end.us;
    if (parentSpanId === '') trace.root ??= id;
    if (isEntry) {
      this.requests += 1;
      this.lastRequestId = id;
    }
    this.bytes += 250 + attributesText.length + (eventText?.length ?? 0);
    this.#insert.run(
      id,
      trace.id,
      span.spanId,
      parentSpanId === '' ? null : parentSpanId,
      span.name,
      kind >= 0 && kind <= 5 ? kind : 0,
      start.us,
      start.ns,
      spanDuration(span),
      statusCode >= 0 && statusCode <= 2 ? statusCode : 0,
      resource,
      scope,
      isEntry ? 1 : 0,
      facts.route,
      facts.method,
      facts.path,
      facts.statusCode,
      facts.category,
      facts.target,
      attributesText,
      span.statusMessage === '' ? null : span.statusMessage,
      eventText,
      linksText(span),
      extraText(span),
    );
    for (const { traceId, spanId } of span.links) this.#insertLink.run(id, trace.id, traceId, spanId);
    for (const event of span.events) {
      if (event.name !== 'exception') continue;
      const where = { trace, spanId: span.spanId, log: null, resource };
      this.#exceptions.write(event.attributes, event.time, where);
    }
  }
}
