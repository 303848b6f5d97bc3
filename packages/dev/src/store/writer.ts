import type { DatabaseSync } from 'node:sqlite';
import { decode, type Encoding } from '../otlp/decode.ts';
import type { Signal } from '../otlp/model.ts';
import { Eviction, type Signals } from './eviction.ts';
import { ExceptionWriter } from './exception-writer.ts';
import { Interned } from './interned.ts';
import { LogWriter } from './log-writer.ts';
import { PointWriter } from './point-writer.ts';
import { createTables, dataTables, type FullText } from './schema.ts';
import { SpanWriter } from './span-writer.ts';
import { TraceStates } from './trace-states.ts';
import type { Amounts, Change, Evicted, StoreUsage } from './usage.ts';

/** The bounds of a store. */
export interface StoreBounds {
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

/** Result of storing one request. */
export interface IngestResult {
  readonly items: number;
  readonly rejected: number;
  readonly reason: string;
}

const nothing: Amounts = { spans: 0, logs: 0, points: 0 };
const maxTraceIds = 200;

function add(a: Amounts, b: Amounts): Amounts {
  return { spans: a.spans + b.spans, logs: a.logs + b.logs, points: a.points + b.points };
}

/** The bytes of a row; a guess while none was written. */
function perRow(bytes: number, rows: number, fallback: number): number {
  return rows === 0 ? fallback : bytes / rows;
}

/** Decodes and stores requests. A transaction goes from one `commit` to the next. */
export class Writer {
  readonly fullText: FullText;
  paused = false;
  readonly #database: DatabaseSync;
  readonly #bounds: StoreBounds;
  readonly #file: string | null;
  readonly #interned: Interned;
  readonly #traces: TraceStates;
  readonly #exceptions: ExceptionWriter;
  readonly #spans: SpanWriter;
  readonly #logs: LogWriter;
  readonly #points: PointWriter;
  readonly #eviction: Eviction;
  #inTransaction = false;
  #before = { spans: 0, requests: 0, logs: 0, points: 0, exceptions: 0 };
  /** Running row counts of the tables. */
  #held = {
    traces: 0,
    spans: 0,
    requests: 0,
    logs: 0,
    points: 0,
    exceptions: 0,
    errorGroups: 0,
    services: 0,
  };
  #oldest: number | null = null;
  #refreshedAt = 0;
  #evicted = nothing;
  #rejected = nothing;
  #discarded = nothing;

  constructor(database: DatabaseSync, bounds: StoreBounds, file: string | null, fullText: FullText) {
    this.#database = database;
    this.#bounds = bounds;
    this.#file = file;
    this.fullText = createTables(database, fullText);
    const hasFullText = this.fullText === 'fts5';
    this.#interned = new Interned(database);
    this.#traces = new TraceStates(database);
    this.#exceptions = new ExceptionWriter(database);
    this.#spans = new SpanWriter(database, this.#interned, this.#traces, this.#exceptions);
    this.#logs = new LogWriter(database, this.#interned, this.#traces, this.#exceptions, hasFullText);
    this.#points = new PointWriter(database, this.#interned);
    this.#eviction = new Eviction(database, hasFullText);
    this.recount();
  }

  /** Stores one request. @throws {RangeError | SyntaxError} for a body that is none; then nothing of it is stored */
  ingest(signal: Signal, encoding: Encoding, body: Uint8Array): IngestResult {
    const request = decode(signal, encoding, body);
    const key = signal === 'traces' ? 'spans' : signal === 'logs' ? 'logs' : 'points';
    const { rejected, reason } = request.decoded;
    this.#rejected = add(this.#rejected, { ...nothing, [key]: rejected });
    if (this.paused) {
      this.#discarded = add(this.#discarded, { ...nothing, [key]: request.items });
      return { items: request.items, rejected, reason };
    }
    this.#begin();
    if (request.signal === 'traces') this.#spans.write(request.decoded.groups);
    else if (request.signal === 'logs') this.#logs.write(request.decoded.groups);
    else {
      const { dropped } = this.#points;
      this.#points.write(request.decoded.groups);
      const refused = this.#points.dropped - dropped;
      if (refused > 0) {
        this.#rejected = add(this.#rejected, { ...nothing, points: refused });
        return {
          items: request.items,
          rejected: rejected + refused,
          reason: reason || 'an instrument has too many series',
        };
      }
    }
    return { items: request.items, rejected, reason };
  }

  /** Ends the transaction. Gives what it has changed; undefined when nothing. */
  commit(): Change | undefined {
    if (!this.#inTransaction) return undefined;
    const traceIds = this.#traces.save();
    const services = this.#interned.saveCounts();
    this.#database.exec('COMMIT');
    this.#inTransaction = false;
    const now = this.#counters();
    const before = this.#before;
    this.#before = now;
    const added = {
      spans: now.spans - before.spans,
      requests: now.requests - before.requests,
      logs: now.logs - before.logs,
      points: now.points - before.points,
      exceptions: now.exceptions - before.exceptions,
    };
    for (const key of ['spans', 'requests', 'logs', 'points', 'exceptions'] as const)
      this.#held[key] += added[key];
    return {
      ...added,
      lastRequestId: this.#spans.lastRequestId,
      lastLogId: this.#logs.lastLogId,
      traceIds: traceIds.length > maxTraceIds ? null : traceIds,
      services,
      store: this.usage(),
    };
  }

  /** Whether the bound in bytes is exceeded. */
  get isFull(): boolean {
    return this.#bytes() > this.#bounds.maxBytes;
  }

  /** Removes the oldest when the bounds are exceeded. Gives what was removed; undefined when nothing. */
  keepBounds(): Evicted | undefined {
    const { maxAgeMs } = this.#bounds;
    this.commit();
    this.#begin();
    let removed = this.#eviction.removeBefore(Date.now() - maxAgeMs);
    // Deleted rows free whole pages only after a while: run a few rounds; the next call continues.
    for (let round = 0; round < 20 && this.isFull; round++) {
      removed = add(removed, this.#eviction.removeOldest(this.#largest()));
    }
    const isAny = removed.spans + removed.logs + removed.points > 0;
    if (isAny) {
      this.#traces.clear();
      this.#points.clear();
    }
    this.commit();
    if (!isAny) return undefined;
    this.#evicted = add(this.#evicted, removed);
    this.recount();
    return { ...removed, oldest: this.#oldest };
  }

  /** Removes everything. */
  clear(): void {
    this.commit();
    this.#database.exec('BEGIN');
    for (const table of dataTables) this.#database.exec(`DELETE FROM ${table}`);
    if (this.fullText === 'fts5')
      this.#database.exec("INSERT INTO logs_text (logs_text) VALUES ('delete-all')");
    this.#database.exec('COMMIT');
    this.#traces.clear();
    this.#interned.clear();
    this.#points.clear();
    this.#evicted = nothing;
    this.#rejected = nothing;
    this.#discarded = nothing;
    this.recount();
  }

  /** Counts the rows of all tables. */
  recount(): void {
    const count = (text: string): number =>
      Number(Object.values(this.#database.prepare(text).get() ?? {})[0] ?? 0);
    this.#held = {
      traces: count('SELECT count(*) FROM traces WHERE spans > 0'),
      spans: count('SELECT count(*) FROM spans'),
      requests: count('SELECT count(*) FROM spans WHERE entry = 1'),
      logs: count('SELECT count(*) FROM logs'),
      points: count('SELECT count(*) FROM points'),
      exceptions: count('SELECT count(*) FROM exceptions'),
      errorGroups: count('SELECT count(DISTINCT fingerprint) FROM exceptions'),
      services: count('SELECT count(DISTINCT service) FROM resources'),
    };
    this.#countOldest();
  }

  /** Counts what is not counted along, unless that was done a moment ago. */
  refresh(force = false): void {
    const now = Date.now();
    if (!force && now - this.#refreshedAt < 500) return;
    this.#refreshedAt = now;
    const count = (text: string): number =>
      Number(Object.values(this.#database.prepare(text).get() ?? {})[0] ?? 0);
    this.#held.traces = count('SELECT count(*) FROM traces WHERE spans > 0');
    this.#held.errorGroups = count('SELECT count(DISTINCT fingerprint) FROM exceptions');
    this.#held.services = count('SELECT count(DISTINCT service) FROM resources');
    this.#countOldest();
  }

  usage(): StoreUsage {
    return {
      file: this.#file,
      bytes: this.#bytes(),
      maxBytes: this.#bounds.maxBytes,
      maxAgeMs: this.#bounds.maxAgeMs,
      oldest: this.#oldest,
      ...this.#held,
      evicted: this.#evicted,
      rejected: this.#rejected,
      discardedWhilePaused: this.#discarded,
    };
  }

  #begin(): void {
    if (this.#inTransaction) return;
    this.#database.exec('BEGIN');
    this.#inTransaction = true;
  }

  #counters(): { spans: number; requests: number; logs: number; points: number; exceptions: number } {
    const { spans, requests } = this.#spans;
    const { logs } = this.#logs;
    return { spans, requests, logs, points: this.#points.points, exceptions: this.#exceptions.exceptions };
  }

  /** The bytes that the file's used pages take. */
  #bytes(): number {
    const pragma = (name: string): number =>
      Number(Object.values(this.#database.prepare(`PRAGMA ${name}`).get() ?? {})[0] ?? 0);
    return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
  }

  /** The signal that takes the most bytes. */
  #largest(): Signals {
    const { spans, logs, points } = this.#held;
    const sizes: [Signals, number][] = [
      ['traces', spans * perRow(this.#spans.bytes, this.#spans.spans, 800)],
      ['logs', logs * perRow(this.#logs.bytes, this.#logs.logs, 600)],
      ['points', points * perRow(this.#points.bytes, this.#points.points, 100)],
    ];
    sizes.sort((a, b) => b[1] - a[1]);
    const [largest] = sizes[0] ?? ['traces'];
    // The next round counts what this one leaves.
    const key = largest === 'traces' ? 'spans' : largest;
    this.#held[key] *= 0.9;
    return largest;
  }

  #countOldest(): void {
    const oldest = this.#database
      .prepare(
        'SELECT min(us) AS us FROM (SELECT start_us AS us FROM traces WHERE id = (SELECT min(id) FROM traces WHERE spans > 0) UNION ALL SELECT time_us FROM logs WHERE id = (SELECT min(id) FROM logs))',
      )
      .get()?.['us'];
    this.#oldest = typeof oldest === 'number' ? oldest / 1000 : null;
  }
}
