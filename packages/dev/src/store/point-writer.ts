import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Group, MetricData, PointData } from '../otlp/model.ts';
import type { Interned } from './interned.ts';

const maxKnown = 50_000;

/** The most series of one instrument: more are dropped, and counted. */
const maxSeries = 10_000;

/** Writes the points of metrics. */
export class PointWriter {
  points = 0;
  dropped = 0;
  /** A guess of how many bytes they take. */
  bytes = 0;
  readonly #interned: Interned;
  readonly #instruments = new Map<string, { readonly id: number; series: number }>();
  readonly #series = new Map<string, number>();
  readonly #findInstrument: StatementSync;
  readonly #insertInstrument: StatementSync;
  readonly #findSeries: StatementSync;
  readonly #insertSeries: StatementSync;
  readonly #insertPoint: StatementSync;
  readonly #insertExemplar: StatementSync;

  constructor(database: DatabaseSync, interned: Interned) {
    this.#interned = interned;
    this.#findInstrument = database.prepare(
      'SELECT i.id, (SELECT count(*) FROM series WHERE instrument = i.id) AS series FROM instruments i WHERE key = ?',
    );
    this.#insertInstrument = database.prepare(
      'INSERT INTO instruments (key, name, unit, description, type, temporality, monotonic, scope) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#findSeries = database.prepare('SELECT id FROM series WHERE key = ?');
    this.#insertSeries = database.prepare(
      'INSERT INTO series (key, instrument, resource, attributes, extra) VALUES (?, ?, ?, ?, ?)',
    );
    this.#insertPoint = database.prepare('INSERT OR REPLACE INTO points VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.#insertExemplar = database.prepare(
      'INSERT OR IGNORE INTO exemplars (series, time_us, value, trace_id, span_id, attributes) VALUES (?, ?, ?, ?, ?, ?)',
    );
  }

  write(groups: readonly Group<MetricData>[]): void {
    for (const { resource, scope, items } of groups) {
      if (items.length === 0) continue;
      const ofResource = this.#interned.resource(resource);
      const scopeId = this.#interned.scope(scope);
      ofResource.isDirty = true;
      for (const metric of items) {
        const instrument = this.#instrument(metric, scopeId, scope.name);
        for (const point of metric.points) {
          const series = this.#seriesOf(instrument, point, ofResource.id);
          if (series === undefined) {
            this.dropped += 1;
            continue;
          }
          ofResource.points += 1;
          this.#writePoint(series, point);
        }
      }
    }
  }

  clear(): void {
    this.#instruments.clear();
    this.#series.clear();
  }

  #instrument(metric: MetricData, scope: number, scopeName: string): { readonly id: number; series: number } {
    const { name, unit, description, type, temporality, monotonic } = metric;
    const key = `${name}\n${unit}\n${type}\n${temporality}\n${monotonic}\n${scopeName}`;
    const known = this.#instruments.get(key);
    if (known !== undefined) return known;
    const found = this.#findInstrument.get(key);
    const id = Number(
      found?.['id'] ??
        this.#insertInstrument.run(key, name, unit, description, type, temporality, monotonic ? 1 : 0, scope)
          .lastInsertRowid,
    );
    const instrument = { id, series: Number(found?.['series'] ?? 0) };
    if (this.#instruments.size > maxKnown) this.#instruments.clear();
    this.#instruments.set(key, instrument);
    return instrument;
  }

  #seriesOf(
    instrument: { readonly id: number; series: number },
    point: PointData,
    resource: number,
  ): number | undefined {
    const attributes = point.attributes.toText();
    const key = `${instrument.id} ${resource} ${attributes}`;
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const found = this.#findSeries.get(key);
    if (found === undefined && instrument.series >= maxSeries) return undefined;
    const { exact } = point.attributes;
    const extra = exact === undefined ? null : JSON.stringify({ exact });
    const id = Number(
      found?.['id'] ??
        this.#insertSeries.run(key, instrument.id, resource, attributes, extra).lastInsertRowid,
    );
    if (found === undefined) instrument.series += 1;
    if (this.#series.size > maxKnown) this.#series.clear();
    this.#series.set(key, id);
    return id;
  }

  #writePoint(series: number, point: PointData): void {
    const { time, start, value, distribution, exactInteger } = point;
    const isFinite = value === null || Number.isFinite(value);
    const detail = distribution ?? (exactInteger === undefined ? undefined : { exactInteger });
    const data = detail === undefined ? (isFinite ? null : `{"value":"${value}"}`) : JSON.stringify(detail);
    this.points += 1;
    this.bytes += 60 + (data?.length ?? 0);
    const timeUs = time.us === 0 ? Date.now() * 1000 : time.us;
    const integer = point.isInteger ? 1 : 0;
    this.#insertPoint.run(
      series,
      timeUs,
      time.ns,
      start.us,
      start.ns,
      point.flags >>> 0,
      isFinite ? value : null,
      integer,
      data,
    );
    for (const exemplar of point.exemplars) {
      if (!Number.isFinite(exemplar.value)) continue;
      const { traceId, spanId } = exemplar;
      const at = exemplar.time.us === 0 ? timeUs : exemplar.time.us;
      this.#insertExemplar.run(series, at, exemplar.value, traceId, spanId, exemplar.attributes.toText());
    }
  }
}
