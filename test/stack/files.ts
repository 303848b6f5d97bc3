import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';

/** The root of the repository. */
export const root: string = join(import.meta.dirname, '..', '..');

/** Reads a YAML (or JSON) file of the repository, anchors and merges resolved. */
export async function readYaml<T>(path: string): Promise<T> {
  return parse(await readFile(join(root, path), 'utf8'), { merge: true, maxAliasCount: -1 });
}

/** The parts of docker-compose.yml that the tests read. */
export interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** One service of docker-compose.yml. */
export interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly networks?: Readonly<Record<string, { readonly aliases?: readonly string[] }>>;
  readonly profiles?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly healthcheck?: { readonly test?: readonly string[] };
  readonly mem_limit?: string;
  readonly restart?: string;
  readonly depends_on?: Readonly<Record<string, Dependency>>;
}

interface Dependency {
  readonly condition: string;
  /** False when the service may be one of another profile. */
  readonly required?: boolean;
}

/** The parts of a provisioned data source that the tests read. */
export interface DataSource {
  readonly name: string;
  readonly uid: string;
  readonly type: string;
  readonly url: string;
  readonly jsonData: Readonly<Record<string, unknown>>;
}

export const readCompose = (): Promise<Compose> => readYaml<Compose>('docker-compose.yml');

export async function readDataSources(): Promise<readonly DataSource[]> {
  const file = 'stack/grafana/provisioning/datasources/datasources.yaml';
  return (await readYaml<{ datasources: DataSource[] }>(file)).datasources;
}
