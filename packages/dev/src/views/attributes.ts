import { categories, kindNames, statusNames } from '../query/span-dialect.ts';
import { levelNames } from '../query/log-dialect.ts';
import type { Database } from './database.ts';

export interface AttributeParameters {
  readonly signal?: 'spans' | 'logs' | 'resources' | undefined;
  readonly prefix?: string | undefined;
  readonly limit?: number | undefined;
  readonly key?: string | undefined;
}

const newest = 5000;

const tables = {
  spans: { rows: `(SELECT attributes FROM spans ORDER BY id DESC LIMIT ${newest})`, fields: 's' },
  logs: { rows: `(SELECT attributes FROM logs ORDER BY id DESC LIMIT ${newest})`, fields: 'l' },
  resources: { rows: '(SELECT attributes FROM resources)', fields: '' },
} as const;

/** The fields of the query language, with the type of their values. */
const fields: Readonly<Record<'spans' | 'logs' | 'resources', Readonly<Record<string, string>>>> = {
  spans: {
    service: 'string',
    route: 'string',
    method: 'string',
    status: 'number',
    error: 'boolean',
    duration: 'duration',
    name: 'string',
    kind: 'string',
    path: 'string',
    category: 'string',
    target: 'string',
    instance: 'string',
    scope: 'string',
    trace: 'string',
    span: 'string',
    root: 'boolean',
    since: 'duration',
  },
  logs: {
    level: 'string',
    logger: 'string',
    service: 'string',
    body: 'string',
    event: 'string',
    instance: 'string',
    trace: 'string',
    span: 'string',
    since: 'duration',
  },
  resources: {},
};

function clampLimit({ limit }: AttributeParameters): number {
  return Math.min(Math.max(1, Math.floor(limit ?? 50)), 500);
}

/** `GET /api/attributes` */
export function listAttributes(database: Database, parameters: AttributeParameters): unknown {
  const { signal = 'spans', prefix = '' } = parameters;
  const named = Object.entries(fields[signal])
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, type]) => ({ key, type, count: 0, field: true }));
  const rows = database.all(
    `SELECT j.key, j.type, count(*) AS count FROM ${tables[signal].rows} x, json_each(x.attributes) j
     WHERE substr(j.key, 1, ?) = ? GROUP BY j.key ORDER BY count DESC, j.key LIMIT ?`,
    prefix.length,
    prefix,
    clampLimit(parameters),
  );
  const types: Readonly<Record<string, string>> = {
    text: 'string',
    integer: 'number',
    real: 'number',
    true: 'boolean',
    false: 'boolean',
  };
  const attributes = rows.map(({ key, type, count }) => ({
    key,
    type: types[String(type)] ?? String(type),
    count,
  }));
  return { items: [...named, ...attributes] };
}

/** The columns that fields stand for, as far as their values can be listed. */
const columns: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  spans: {
    route: 'SELECT route AS value FROM spans WHERE entry = 1',
    method: 'SELECT method AS value FROM spans WHERE entry = 1',
    status: 'SELECT status_code AS value FROM spans WHERE entry = 1',
    name: 'SELECT name AS value FROM spans',
    path: 'SELECT path AS value FROM spans WHERE entry = 1',
    target: 'SELECT target AS value FROM spans',
    scope: 'SELECT c.name AS value FROM spans s JOIN scopes c ON c.id = s.scope',
  },
  logs: {
    logger: 'SELECT c.name AS value FROM logs l JOIN scopes c ON c.id = l.scope',
    event: 'SELECT event AS value FROM logs',
  },
};

const words: Readonly<Record<string, readonly string[]>> = {
  kind: kindNames,
  category: categories,
  level: levelNames,
  error: ['true', 'false'],
  root: ['true', 'false'],
  status: statusNames,
};

/** `GET /api/attributes/values` */
export function listAttributeValues(database: Database, parameters: AttributeParameters): unknown {
  const { signal = 'spans', key = '', prefix = '' } = parameters;
  const limit = clampLimit(parameters);
  const fixed = (words[key] ?? []).map((value) => ({ value, count: 0 }));
  const fit = fixed.filter(({ value }) => value.startsWith(prefix));
  const source = selectSource(signal, key);
  if (source === undefined) return { items: fit };
  const rows = database.all(
    `SELECT value, count(*) AS count FROM (${source.text}) WHERE value IS NOT NULL AND substr(value, 1, ?) = ?
     GROUP BY value ORDER BY count DESC LIMIT ?`,
    ...source.parameters,
    prefix.length,
    prefix,
    limit,
  );
  return { items: [...fit, ...rows.map(({ value, count }) => ({ value, count }))] };
}

function selectSource(
  signal: 'spans' | 'logs' | 'resources',
  key: string,
): { text: string; parameters: string[] } | undefined {
  if (key === 'service' || key === 'instance')
    return { text: `SELECT ${key} AS value FROM resources`, parameters: [] };
  const column = columns[signal]?.[key];
  if (column !== undefined) return { text: `${column} LIMIT 20000`, parameters: [] };
  if (words[key] !== undefined) return undefined;
  const name = key.replace(/^(?:resource|attribute)\./, '');
  const { rows } = tables[key.startsWith('resource.') ? 'resources' : signal];
  return {
    text: `SELECT j.value FROM ${rows} x, json_each(x.attributes) j WHERE j.key = ?`,
    parameters: [name],
  };
}
