import type { DatabaseSync } from 'node:sqlite';

/** Grows with each change of the tables; a file of another version is refused. */
const schemaVersion = 1;

// The figures of routes are read from `requests_start` alone: rows of requests lie far apart. Instants are microseconds (`_us`) and nanoseconds beyond them (`_ns`). JSON stands in columns of text.
const tables = `
CREATE TABLE IF NOT EXISTS resources (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, service TEXT NOT NULL, instance TEXT NOT NULL,
  attributes TEXT NOT NULL, extra TEXT, first_us INTEGER NOT NULL, last_us INTEGER NOT NULL,
  spans INTEGER NOT NULL DEFAULT 0, logs INTEGER NOT NULL DEFAULT 0, points INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS scopes (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL, version TEXT NOT NULL,
  attributes TEXT NOT NULL, extra TEXT
);
CREATE TABLE IF NOT EXISTS traces (
  id INTEGER PRIMARY KEY, trace_id TEXT NOT NULL UNIQUE, start_us INTEGER NOT NULL, end_us INTEGER NOT NULL,
  spans INTEGER NOT NULL, errors INTEGER NOT NULL, logs INTEGER NOT NULL, exceptions INTEGER NOT NULL,
  root INTEGER, received_ms INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS spans (
  id INTEGER PRIMARY KEY, trace INTEGER NOT NULL, span_id TEXT NOT NULL, parent_id TEXT, name TEXT NOT NULL,
  kind INTEGER NOT NULL, start_us INTEGER NOT NULL, start_ns INTEGER NOT NULL, duration_ns INTEGER NOT NULL,
  status INTEGER NOT NULL, resource INTEGER NOT NULL, scope INTEGER NOT NULL, entry INTEGER NOT NULL,
  route TEXT, method TEXT, path TEXT, status_code INTEGER, category TEXT NOT NULL, target TEXT,
  attributes TEXT NOT NULL, message TEXT, events TEXT, links TEXT, extra TEXT
);
CREATE INDEX IF NOT EXISTS spans_trace ON spans (trace);
CREATE INDEX IF NOT EXISTS spans_start ON spans (start_us);
CREATE INDEX IF NOT EXISTS spans_name ON spans (name);
CREATE INDEX IF NOT EXISTS spans_resource ON spans (resource);
CREATE INDEX IF NOT EXISTS spans_error ON spans (status) WHERE status = 2;
CREATE INDEX IF NOT EXISTS requests ON spans (entry) WHERE entry = 1;
CREATE INDEX IF NOT EXISTS requests_route ON spans (route, start_us) WHERE entry = 1;
CREATE INDEX IF NOT EXISTS requests_start ON spans (start_us, resource, scope, method, route, name, kind, status, duration_ns) WHERE entry = 1;
CREATE INDEX IF NOT EXISTS requests_duration ON spans (duration_ns) WHERE entry = 1;
CREATE TABLE IF NOT EXISTS links (span INTEGER NOT NULL, trace INTEGER NOT NULL, to_trace_id TEXT NOT NULL, to_span_id TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS links_to ON links (to_trace_id);
CREATE INDEX IF NOT EXISTS links_trace ON links (trace);
CREATE TABLE IF NOT EXISTS logs (
  id INTEGER PRIMARY KEY, trace INTEGER, span_id TEXT, time_us INTEGER NOT NULL, time_ns INTEGER NOT NULL,
  observed_us INTEGER NOT NULL, severity INTEGER NOT NULL, severity_text TEXT, body TEXT NOT NULL, body_is_text INTEGER NOT NULL,
  event TEXT, resource INTEGER NOT NULL, scope INTEGER NOT NULL, attributes TEXT NOT NULL, exception INTEGER, extra TEXT
);
CREATE INDEX IF NOT EXISTS logs_trace ON logs (trace) WHERE trace IS NOT NULL;
CREATE INDEX IF NOT EXISTS logs_time ON logs (time_us);
CREATE INDEX IF NOT EXISTS logs_severity ON logs (severity);
CREATE INDEX IF NOT EXISTS logs_resource ON logs (resource);
CREATE TABLE IF NOT EXISTS exceptions (
  id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, type TEXT NOT NULL, message TEXT NOT NULL, stack TEXT,
  time_us INTEGER NOT NULL, trace INTEGER, span_id TEXT, log INTEGER, resource INTEGER NOT NULL,
  handled INTEGER NOT NULL, attributes TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS exceptions_fingerprint ON exceptions (fingerprint);
CREATE INDEX IF NOT EXISTS exceptions_trace ON exceptions (trace);
CREATE TABLE IF NOT EXISTS instruments (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL, unit TEXT NOT NULL, description TEXT NOT NULL,
  type TEXT NOT NULL, temporality INTEGER NOT NULL, monotonic INTEGER NOT NULL, scope INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS series (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, instrument INTEGER NOT NULL, resource INTEGER NOT NULL, attributes TEXT NOT NULL, extra TEXT
);
CREATE INDEX IF NOT EXISTS series_instrument ON series (instrument);
CREATE INDEX IF NOT EXISTS series_resource ON series (resource);
CREATE TABLE IF NOT EXISTS points (
  series INTEGER NOT NULL, time_us INTEGER NOT NULL, time_ns INTEGER NOT NULL, start_us INTEGER NOT NULL, start_ns INTEGER NOT NULL, flags INTEGER NOT NULL,
  value REAL, is_integer INTEGER NOT NULL, data TEXT, PRIMARY KEY (series, time_us)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS exemplars (
  id INTEGER PRIMARY KEY, series INTEGER NOT NULL, time_us INTEGER NOT NULL, value REAL NOT NULL, trace_id TEXT NOT NULL, span_id TEXT NOT NULL,
  attributes TEXT NOT NULL, UNIQUE (series, time_us, span_id)
);
`;

/** Every table with telemetry in it. */
export const dataTables = [
  'exemplars',
  'points',
  'series',
  'instruments',
  'exceptions',
  'links',
  'logs',
  'spans',
  'traces',
  'scopes',
  'resources',
] as const;

/** How full text is searched: by an index, or row by row. Node 22 has no FTS5. */
export type FullText = 'fts5' | 'like';

/** Makes the tables. Gives how full text is searched; `like` asks for no index. */
export function createTables(database: DatabaseSync, wanted: FullText = 'fts5'): FullText {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (version !== 0 && version !== schemaVersion) {
    throw new Error(
      `its format is ${version}, expected ${schemaVersion}: it was written by another version of sonde`,
    );
  }
  database.exec(tables);
  database.exec(`PRAGMA user_version = ${schemaVersion}`);
  if (wanted === 'like') return 'like';
  try {
    database.exec(
      "CREATE VIRTUAL TABLE IF NOT EXISTS logs_text USING fts5 (body, attributes, content = '', contentless_delete = 1)",
    );
    return 'fts5';
  } catch {
    return 'like';
  }
}
