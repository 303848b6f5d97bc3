import { join } from 'node:path';
import { elastic } from '../conformance/subjects/elastic/subject.ts';
import { sonde } from '../conformance/subjects/sonde/subject.ts';
import { specified, type Subject } from '../conformance/subject.ts';

/** Column of the table: an SDK in one configuration. */
export interface Column {
  readonly name: string;
  readonly title: string;
  /** Package that users install. */
  readonly package: string;
  readonly modules: () => Promise<string>;
  /** Files next to the subject, by absolute path. */
  readonly files: readonly string[];
  readonly preload: readonly string[];
  readonly logsModule: string;
  /** @param spool an empty directory */
  readonly env: (endpoint: string, spool: string) => Readonly<Record<string, string>>;
  /** Whether what is left at the end is exported by the next process. */
  readonly spools?: boolean;
}

const fromSubject = (name: string, title: string, subject: Subject): Column => ({
  name,
  title,
  package: subject.package,
  modules: subject.modules,
  files: [],
  preload: subject.preload.mjs,
  logsModule: subject.logsModule,
  env: subject.env,
});

/** Sonde with its defaults: what waits is in memory. */
export const inMemory: Column = fromSubject('sonde', 'Sonde, memory', sonde);

/** Sonde with a spool on disk. */
export const spooling: Column = {
  ...fromSubject('spool', 'Sonde, spool', sonde),
  env: (endpoint, spool) => ({ ...specified(endpoint), SONDE_OTLP_SPOOL_DIR: spool }),
  spools: true,
};

/** OpenTelemetry's SDK, set up as its README describes. */
const upstream: Column = {
  name: 'upstream',
  title: 'sdk-node',
  package: '@opentelemetry/sdk-node',
  modules: () => Promise.resolve(join(import.meta.dirname, '../../node_modules')),
  files: [join(import.meta.dirname, 'upstream.mjs')],
  preload: ['--import', './upstream.mjs'],
  logsModule: '@opentelemetry/api',
  env: (endpoint) => ({ ...specified(endpoint), OTEL_NODE_RESOURCE_DETECTORS: 'env,host,os,process' }),
};

/** Columns of the table. */
export const columns: readonly Column[] = [
  inMemory,
  spooling,
  upstream,
  fromSubject('elastic', 'Elastic', elastic),
];
