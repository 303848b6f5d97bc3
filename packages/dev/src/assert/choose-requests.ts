import { compile } from '../query/compile.ts';
import { countQuery, spanDialect, spanJoins } from '../query/span-dialect.ts';
import { always } from '../query/sql.ts';
import { type Database, milliseconds } from '../views/database.ts';
import { parseAssertion, isAggregate } from './assertion.ts';

/** A request that an assertion is about. */
export interface ChosenRequest {
  readonly traceId: string;
  readonly name: string;
  readonly service: string;
  readonly start: number;
  readonly durationMs: number;
  readonly error: boolean;
  /** The value of each expectation of one request, in their order. */
  readonly values: readonly number[];
}

/** Chooses the requests of an assertion, with the numbers that it asks for. @throws {QueryError} */
export function chooseRequests(database: Database, { source }: { readonly source: string }): ChosenRequest[] {
  const { filter, expectations } = parseAssertion(source);
  const settings = { fullText: database.hasFullText, nowMs: Date.now() };
  const condition = filter === undefined ? always : compile(filter, spanDialect(settings));
  const counts = expectations
    .filter((expectation) => !isAggregate(expectation))
    .map(({ name, argument }) => countQuery(name, argument, settings));
  const columns = counts.map(({ text }, index) => `, (${text}) AS value${index}`).join('');
  const rows = database.all(
    `SELECT t.trace_id, s.name, r.service, s.start_us, s.duration_ns, s.status${columns}
     FROM spans s CROSS JOIN traces t ON t.id = s.trace ${spanJoins()} WHERE s.entry = 1 AND (${condition.text}) ORDER BY s.id LIMIT 100000`,
    ...counts.flatMap(({ parameters }) => parameters),
    ...condition.parameters,
  );
  return rows.map((row) => ({
    traceId: String(row['trace_id']),
    name: String(row['name']),
    service: String(row['service']),
    start: milliseconds(row['start_us']),
    durationMs: Number(row['duration_ns']) / 1e6,
    error: row['status'] === 2,
    values: counts.map((_, index) => Number(row[`value${index}`])),
  }));
}
