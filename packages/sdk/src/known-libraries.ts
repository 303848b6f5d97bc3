import { shortName } from './short-name.ts';

/**
 * The instrumentations of libraries that publish nothing themselves, or did not in old versions. Libraries that use another
 * library of the table, such as knex, are left out: the statements of their driver are recorded.
 *
 * @see https://opentelemetry.io/ecosystem/registry/?language=js&component=instrumentation
 */
const instrumentations: ReadonlyMap<string, string> = new Map<string, string>(
  Object.entries({
    '@aws-sdk/client': 'aws-sdk',
    '@redis/client': 'redis',
    amqplib: 'amqplib',
    'cassandra-driver': 'cassandra-driver',
    graphql: 'graphql',
    ioredis: 'ioredis',
    kafkajs: 'kafkajs',
    memcached: 'memcached',
    mongodb: 'mongodb',
    mysql: 'mysql',
    mysql2: 'mysql2',
    openai: 'openai',
    oracledb: 'oracledb',
    pg: 'pg',
    'socket.io': 'socket.io',
    tedious: 'tedious',
  }).map(([library, name]) => [library, `@opentelemetry/instrumentation-${name}`] as const),
);

/** Returns the package that instruments a library; undefined if Sonde knows none. */
export function knownInstrumentation(library: string): string | undefined {
  const isAws = library.startsWith('@aws-sdk/client-');
  return instrumentations.get(isAws ? '@aws-sdk/client' : library);
}

/** Returns the short names of the known instrumentations, installed or not. */
export function knownInstrumentationNames(): Set<string> {
  return new Set([...instrumentations.values()].flatMap((name) => shortName(name) ?? []));
}

/** The first versions of libraries with tracing channels, which `@sonde/otel` reads. */
export const channelVersions: ReadonlyMap<string, string> = new Map([
  ['@redis/client', '5.12.0'],
  ['ai', '7.0.0'],
  ['graphql', '17.0.0'],
  ['ioredis', '5.11.0'],
  ['mongoose', '9.7.0'],
  ['mysql2', '3.20.0'],
  ['redis', '5.12.0'],
]);
