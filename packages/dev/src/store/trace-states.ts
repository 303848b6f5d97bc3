import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** The state of a trace, in memory while it changes. */
export interface TraceState {
  readonly id: number;
  readonly traceId: string;
  startUs: number;
  endUs: number;
  spans: number;
  errors: number;
  logs: number;
  exceptions: number;
  root: number | null;
  isDirty: boolean;
}

const maxStates = 50_000;

/** The traces that telemetry arrives for. */
export class TraceStates {
  readonly #states = new Map<string, TraceState>();
  readonly #dirty: TraceState[] = [];
  readonly #find: StatementSync;
  readonly #save: StatementSync;
  #nextId: number;

  constructor(database: DatabaseSync) {
    this.#find = database.prepare('SELECT * FROM traces WHERE trace_id = ?');
    this.#save = database.prepare(
      `INSERT INTO traces (id, trace_id, start_us, end_us, spans, errors, logs, exceptions, root, received_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET start_us = excluded.start_us, end_us = excluded.end_us,
       spans = excluded.spans, errors = excluded.errors, logs = excluded.logs, exceptions = excluded.exceptions, root = excluded.root,
       received_ms = excluded.received_ms`,
    );
    this.#nextId = Number(
      database.prepare('SELECT coalesce(max(id), 0) + 1 AS next FROM traces').get()?.['next'],
    );
  }

  /** The state of a trace, which the caller is about to change. */
  change(traceId: string): TraceState {
    let state = this.#states.get(traceId);
    if (state === undefined) {
      state = this.#load(traceId);
      this.#states.set(traceId, state);
    }
    if (!state.isDirty) {
      state.isDirty = true;
      this.#dirty.push(state);
    }
    return state;
  }

  /** Writes what has changed. Gives the ids of the traces. */
  save(): string[] {
    const now = Date.now();
    const changed = this.#dirty.map((state) => {
      const { id, traceId, startUs, endUs, spans, errors, logs, exceptions, root } = state;
      this.#save.run(id, traceId, startUs, endUs, spans, errors, logs, exceptions, root, now);
      state.isDirty = false;
      return traceId;
    });
    this.#dirty.length = 0;
    if (this.#states.size > maxStates) this.#states.clear();
    return changed;
  }

  /** Forgets all: rows were removed from the table. */
  clear(): void {
    this.#states.clear();
    this.#dirty.length = 0;
  }

  #load(traceId: string): TraceState {
    const row = this.#find.get(traceId);
    if (row !== undefined) {
      return {
        id: Number(row['id']),
        traceId,
        startUs: Number(row['start_us']),
        endUs: Number(row['end_us']),
        spans: Number(row['spans']),
        errors: Number(row['errors']),
        logs: Number(row['logs']),
        exceptions: Number(row['exceptions']),
        root: row['root'] === null ? null : Number(row['root']),
        isDirty: false,
      };
    }
    return {
      id: this.#nextId++,
      traceId,
      startUs: Number.MAX_SAFE_INTEGER,
      endUs: 0,
      spans: 0,
      errors: 0,
      logs: 0,
      exceptions: 0,
      root: null,
      isDirty: false,
    };
  }
}
