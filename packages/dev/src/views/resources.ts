import { type Database, parseJson, type Row } from './database.ts';

export interface ResourceView {
  readonly service: string;
  readonly instance: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** The resources that items refer to, by their ids. */
export function getResources(database: Database, ids: Iterable<number>): Record<string, ResourceView> {
  const resources: Record<string, ResourceView> = {};
  for (const id of new Set(ids)) {
    const row = database.get('SELECT service, instance, attributes FROM resources WHERE id = ?', id);
    if (row !== undefined) resources[id] = resourceView(row);
  }
  return resources;
}

export function resourceView(row: Row): ResourceView {
  return {
    service: String(row['service']),
    instance: String(row['instance']),
    attributes: parseJson(row['attributes'], {}),
  };
}
