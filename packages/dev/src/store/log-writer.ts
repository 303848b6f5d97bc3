import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Group, LogData } from '../otlp/model.ts';
import type { ExceptionWriter } from './exception-writer.ts';
import type { Interned } from './interned.ts';
import type { TraceStates } from './trace-states.ts';

/** The event with which Sonde reports that an exception ended the process. */
const crashEvent = 'sonde.crash';

function extraText(log: LogData): string | null {
  const { attributes, exactBody, flags, observed } = log;
  const dropped = log.droppedAttributes + attributes.dropped;
  if (attributes.exact === undefined && exactBody === undefined && dropped === 0 && flags === 0) {
    return observed.ns === 0 ? null : `{"observedNs":${observed.ns}}`;
  }
  return JSON.stringify({
    exact: attributes.exact,
    body: exactBody,
    dropped: dropped || undefined,
    flags: flags || undefined,
    observedNs: observed.ns || undefined,
  });
}

/** Writes log records. */
export class LogWriter {
  logs = 0;
  lastLogId = 0;
  /** A guess of how many bytes they take. */
  bytes = 0;
  readonly #interned: Interned;
  readonly #traces: TraceStates;
  readonly #exceptions: ExceptionWriter;
  readonly #insert: StatementSync;
  readonly #insertText: StatementSync | undefined;
  #nextId: number;

  constructor(
    database: DatabaseSync,
    interned: Interned,
    traces: TraceStates,
    exceptions: ExceptionWriter,
    hasFullText: boolean,
  ) {
    this.#interned = interned;
    this.#traces = traces;
    this.#exceptions = exceptions;
    this.#insert = database.prepare(
      'INSERT INTO logs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#insertText = hasFullText
      ? database.prepare('INSERT INTO logs_text (rowid, body, attributes) VALUES (?, ?, ?)')
      : undefined;
    this.#nextId = Number(
      database.prepare('SELECT coalesce(max(id), 0) + 1 AS next FROM logs').get()?.['next'],
    );
  }

  write(groups: readonly Group<LogData>[]): void {
    for (const { resource, scope, items } of groups) {
      if (items.length === 0) continue;
      const ofResource = this.#interned.resource(resource);
      const scopeId = this.#interned.scope(scope);
      ofResource.isDirty = true;
      ofResource.logs += items.length;
      this.logs += items.length;
      for (const log of items) this.#write(log, ofResource.id, scopeId);
    }
  }

  #write(log: LogData, resource: number, scope: number): void {
    const id = this.#nextId++;
    const { attributes, body } = log;
    const trace = log.traceId === '' ? undefined : this.#traces.change(log.traceId);
    if (trace !== undefined) trace.logs += 1;
    // A time of zero is none: the specification asks to take the time at which the record was observed.
    const time = log.time.us === 0 ? log.observed : log.time;
    const known = time.us === 0 ? { us: Date.now() * 1000, ns: 0 } : time;
    const spanId = log.spanId === '' ? null : log.spanId;
    const place = { trace, spanId, log: id, resource };
    const exception = this.#exceptions.write(attributes, known, place, log.event !== crashEvent);
    const isText = typeof body === 'string' || body === null;
    const bodyText = isText ? (body ?? '') : JSON.stringify(body);
    const attributesText = attributes.toText();
    this.lastLogId = id;
    this.bytes += 200 + (bodyText.length + attributesText.length) * (this.#insertText === undefined ? 1 : 2);
    this.#insert.run(
      id,
      trace?.id ?? null,
      spanId,
      known.us,
      known.ns,
      log.observed.us,
      log.severityNumber >= 0 && log.severityNumber <= 24 ? log.severityNumber : 0,
      log.severityText === '' ? null : log.severityText,
      bodyText,
      isText ? 1 : 0,
      log.event === '' ? null : log.event,
      resource,
      scope,
      attributesText,
      exception,
      extraText(log),
    );
    this.#insertText?.run(id, bodyText, attributesText);
  }
}
