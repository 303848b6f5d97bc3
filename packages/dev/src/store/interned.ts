import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { AttributeList } from '../otlp/attribute-list.ts';
import type { ResourceData, ScopeData } from '../otlp/model.ts';

/** The service of a resource that names none. */
const unknownService = 'unknown_service';

interface ResourceState {
  readonly id: number;
  readonly service: string;
  spans: number;
  logs: number;
  points: number;
  isDirty: boolean;
}

/** Details that only an export needs, as JSON; null where there are none. */
function toExtra(attributes: AttributeList, schemaUrl: string): string | null {
  const { exact, dropped } = attributes;
  if (exact === undefined && dropped === 0 && schemaUrl === '') return null;
  return JSON.stringify({ exact, dropped: dropped || undefined, schemaUrl: schemaUrl || undefined });
}

/** Resources and scopes: each is stored once, and has an integer. */
export class Interned {
  readonly #resources = new Map<string, ResourceState>();
  readonly #scopes = new Map<string, number>();
  readonly #findResource: StatementSync;
  readonly #insertResource: StatementSync;
  readonly #updateResource: StatementSync;
  readonly #findScope: StatementSync;
  readonly #insertScope: StatementSync;

  constructor(database: DatabaseSync) {
    this.#findResource = database.prepare('SELECT id, service FROM resources WHERE key = ?');
    this.#insertResource = database.prepare(
      'INSERT INTO resources (key, service, instance, attributes, extra, first_us, last_us) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.#updateResource = database.prepare(
      'UPDATE resources SET last_us = ?, spans = spans + ?, logs = logs + ?, points = points + ? WHERE id = ?',
    );
    this.#findScope = database.prepare('SELECT id FROM scopes WHERE key = ?');
    this.#insertScope = database.prepare(
      'INSERT INTO scopes (key, name, version, attributes, extra) VALUES (?, ?, ?, ?, ?)',
    );
  }

  resource({ attributes, schemaUrl }: ResourceData): ResourceState {
    const text = attributes.toText();
    const key = schemaUrl === '' ? text : `${text} ${schemaUrl}`;
    const known = this.#resources.get(key);
    if (known !== undefined) return known;
    const found = this.#findResource.get(key);
    const service = attributes.text('service.name') ?? unknownService;
    const now = Date.now() * 1000;
    const id = Number(
      found?.['id'] ??
        this.#insertResource.run(
          key,
          service,
          instanceName(attributes),
          text,
          toExtra(attributes, schemaUrl),
          now,
          now,
        ).lastInsertRowid,
    );
    const state: ResourceState = { id, service, spans: 0, logs: 0, points: 0, isDirty: false };
    // A sender that makes a new resource for each request must not fill the memory.
    if (this.#resources.size > 10_000) {
      this.saveCounts();
      this.#resources.clear();
    }
    this.#resources.set(key, state);
    return state;
  }

  scope({ name, version, attributes, schemaUrl }: ScopeData): number {
    const text = attributes.toText();
    const key = `${name} ${version} ${text} ${schemaUrl}`;
    const known = this.#scopes.get(key);
    if (known !== undefined) return known;
    const found = this.#findScope.get(key);
    const id = Number(
      found?.['id'] ??
        this.#insertScope.run(key, name, version, text, toExtra(attributes, schemaUrl)).lastInsertRowid,
    );
    if (this.#scopes.size > 10_000) this.#scopes.clear();
    this.#scopes.set(key, id);
    return id;
  }

  /** Writes what was counted since the last call. Gives the names of the services that sent it. */
  saveCounts(): string[] {
    const services = new Set<string>();
    const now = Date.now() * 1000;
    for (const state of this.#resources.values()) {
      if (!state.isDirty) continue;
      services.add(state.service);
      this.#updateResource.run(now, state.spans, state.logs, state.points, state.id);
      state.spans = 0;
      state.logs = 0;
      state.points = 0;
      state.isDirty = false;
    }
    return [...services];
  }

  clear(): void {
    this.#resources.clear();
    this.#scopes.clear();
  }
}

/** Identifies one process among several of a service. */
function instanceName(attributes: AttributeList): string {
  const id = attributes.text('service.instance.id', 'container.id', 'k8s.pod.name');
  if (id !== undefined) return id;
  const host = attributes.text('host.name') ?? '';
  const pid = attributes.text('process.pid');
  return pid === undefined ? host : `${pid}@${host}`;
}
