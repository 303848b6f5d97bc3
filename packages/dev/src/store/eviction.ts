import type { DatabaseSync } from 'node:sqlite';
import type { Amounts } from './usage.ts';

/** Which part of a signal goes when the store is full. */
const evictedRatio = 0.1;
/** Rows that one statement removes, so that ingestion goes on in between. */
const rowsAtOnce = 4000;

export type Signals = 'traces' | 'logs' | 'points';

function run(database: DatabaseSync, text: string, ...parameters: number[]): number {
  return Number(database.prepare(text).run(...parameters).changes);
}

function one(database: DatabaseSync, text: string, ...parameters: number[]): number {
  const [value] = Object.values(database.prepare(text).get(...parameters) ?? {});
  return Number(value ?? 0);
}

/** Removes the oldest telemetry. */
export class Eviction {
  readonly #database: DatabaseSync;
  readonly #hasFullText: boolean;

  constructor(database: DatabaseSync, hasFullText: boolean) {
    this.#database = database;
    this.#hasFullText = hasFullText;
  }

  /** Removes a tenth of a signal, the oldest first. */
  removeOldest(signal: Signals): Amounts {
    const database = this.#database;
    if (signal === 'traces') {
      const first = one(database, 'SELECT min(id) FROM traces');
      const last = one(database, 'SELECT max(id) FROM traces');
      return this.#removeTraces(first + Math.ceil((last - first + 1) * evictedRatio));
    }
    if (signal === 'logs') {
      const first = one(database, 'SELECT min(id) FROM logs');
      const last = one(database, 'SELECT max(id) FROM logs');
      return this.#removeLogs(first + Math.ceil((last - first + 1) * evictedRatio));
    }
    const first = one(database, 'SELECT min(time_us) FROM points');
    const last = one(database, 'SELECT max(time_us) FROM points');
    // One point that lies far in the past must not be all that goes, time after time.
    const middle = one(database, 'SELECT avg(time_us) FROM points');
    return this.#removePoints(
      Math.max(first + (last - first + 1) * evictedRatio, first + (middle - first) * evictedRatio + 1),
    );
  }

  /** Removes what was received before an instant. */
  removeBefore(unixMs: number): Amounts {
    const database = this.#database;
    const trace = one(database, 'SELECT min(id) FROM traces WHERE received_ms >= ?', unixMs);
    const noneIsNewer = trace === 0;
    const traces = this.#removeTraces(noneIsNewer ? one(database, 'SELECT max(id) + 1 FROM traces') : trace);
    const log = one(
      database,
      'SELECT max(id) FROM logs WHERE trace IS NULL AND max(time_us, observed_us) < ?',
      unixMs * 1000,
    );
    const logs = this.#removeLogs(log + 1);
    const points = this.#removePoints(unixMs * 1000);
    return { spans: traces.spans, logs: traces.logs + logs.logs, points: points.points };
  }

  /** Removes the traces below an id, with all that belongs to them. */
  #removeTraces(below: number): Amounts {
    const database = this.#database;
    let spans = 0;
    for (let changes = rowsAtOnce; changes === rowsAtOnce; spans += changes) {
      changes = run(
        database,
        'DELETE FROM spans WHERE id IN (SELECT s.id FROM traces t JOIN spans s ON s.trace = t.id WHERE t.id < ? LIMIT ?)',
        below,
        rowsAtOnce,
      );
    }
    run(database, 'DELETE FROM links WHERE trace < ?', below);
    run(database, 'DELETE FROM exceptions WHERE trace < ?', below);
    if (this.#hasFullText)
      run(database, 'DELETE FROM logs_text WHERE rowid IN (SELECT id FROM logs WHERE trace < ?)', below);
    const logs = run(database, 'DELETE FROM logs WHERE trace < ?', below);
    run(database, 'DELETE FROM traces WHERE id < ?', below);
    return { spans, logs, points: 0 };
  }

  #removeLogs(below: number): Amounts {
    const database = this.#database;
    if (this.#hasFullText)
      run(database, 'DELETE FROM logs_text WHERE rowid IN (SELECT id FROM logs WHERE id < ?)', below);
    run(database, 'DELETE FROM exceptions WHERE log < ? AND trace IS NULL', below);
    return { spans: 0, logs: run(database, 'DELETE FROM logs WHERE id < ?', below), points: 0 };
  }

  #removePoints(beforeUs: number): Amounts {
    const database = this.#database;
    run(database, 'DELETE FROM exemplars WHERE time_us < ?', beforeUs);
    const points = run(database, 'DELETE FROM points WHERE time_us < ?', beforeUs);
    if (points > 0) {
      run(
        database,
        'DELETE FROM series WHERE NOT EXISTS (SELECT 1 FROM points p WHERE p.series = series.id)',
      );
      run(
        database,
        'DELETE FROM instruments WHERE NOT EXISTS (SELECT 1 FROM series s WHERE s.instrument = instruments.id)',
      );
    }
    return { spans: 0, logs: 0, points };
  }
}
