import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { fingerprint } from '../exceptions/fingerprint.ts';
import type { AttributeList } from '../otlp/attribute-list.ts';
import type { Instant } from '../otlp/model.ts';
import type { TraceState } from './trace-states.ts';

/** Where an exception was recorded. */
export interface ExceptionPlace {
  readonly trace: TraceState | undefined;
  readonly spanId: string | null;
  readonly log: number | null;
  readonly resource: number;
}

/** Writes exceptions: one for each trace that several spans and log records of it report. */
export class ExceptionWriter {
  exceptions = 0;
  readonly #insert: StatementSync;
  readonly #find: StatementSync;
  readonly #markUnhandled: StatementSync;
  #nextId: number;

  constructor(database: DatabaseSync) {
    this.#insert = database.prepare('INSERT INTO exceptions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.#find = database.prepare(
      'SELECT id FROM exceptions WHERE trace = ? AND fingerprint = ? AND message = ? LIMIT 1',
    );
    this.#markUnhandled = database.prepare('UPDATE exceptions SET handled = 0 WHERE id = ?');
    this.#nextId = Number(
      database.prepare('SELECT coalesce(max(id), 0) + 1 AS next FROM exceptions').get()?.['next'],
    );
  }

  /** Writes the exception that attributes describe; gives its id, or null when they describe none. */
  write(attributes: AttributeList, time: Instant, place: ExceptionPlace, isHandled = true): number | null {
    const message = attributes.text('exception.message') ?? '';
    const type = attributes.text('exception.type') ?? (message === '' ? undefined : 'Error');
    if (type === undefined) return null;
    const stack = attributes.text('exception.stacktrace') ?? null;
    const print = fingerprint(type, message, stack);
    const { trace, spanId, log, resource } = place;
    if (trace !== undefined) {
      const known = this.#find.get(trace.id, print, message);
      if (known !== undefined) {
        if (!isHandled) this.#markUnhandled.run(Number(known['id']));
        return Number(known['id']);
      }
      trace.exceptions += 1;
    }
    const id = this.#nextId++;
    this.exceptions += 1;
    this.#insert.run(
      id,
      print,
      type,
      message,
      stack,
      time.us,
      trace?.id ?? null,
      spanId,
      log,
      resource,
      isHandled ? 1 : 0,
      attributes.toText(),
    );
    return id;
  }
}
