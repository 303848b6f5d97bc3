/**
 * The instrumentation of each package that has one, from OpenTelemetry's registry. Packages that Sonde instruments itself (`node:http`, `undici`, gRPC) and
 * loggers whose records it captures are not listed.
 *
 * @see https://github.com/open-telemetry/opentelemetry-js-contrib/tree/main/packages
 */
export const instrumentationByPackage: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '@aws-sdk/client-dynamodb': 'aws-sdk',
    '@aws-sdk/client-s3': 'aws-sdk',
    '@aws-sdk/client-sns': 'aws-sdk',
    '@aws-sdk/client-sqs': 'aws-sdk',
    '@hapi/hapi': 'hapi',
    '@nestjs/core': 'nestjs-core',
    '@redis/client': 'redis',
    amqplib: 'amqplib',
    'aws-sdk': 'aws-sdk',
    'cassandra-driver': 'cassandra-driver',
    connect: 'connect',
    dataloader: 'dataloader',
    express: 'express',
    'generic-pool': 'generic-pool',
    graphql: 'graphql',
    ioredis: 'ioredis',
    kafkajs: 'kafkajs',
    knex: 'knex',
    koa: 'koa',
    'lru-memoizer': 'lru-memoizer',
    memcached: 'memcached',
    mongodb: 'mongodb',
    mongoose: 'mongoose',
    mysql: 'mysql',
    mysql2: 'mysql2',
    openai: 'openai',
    oracledb: 'oracledb',
    pg: 'pg',
    redis: 'redis',
    restify: 'restify',
    router: 'router',
    'socket.io': 'socket.io',
    tedious: 'tedious',
  })
    .map(([name, short]): [string, string] => [name, `@opentelemetry/instrumentation-${short}`])
    .concat([
      ['fastify', '@fastify/otel'],
      ['@prisma/client', '@prisma/instrumentation'],
    ]),
);

/** Whether a version is not older than another one; any is when none is given. */
export function isAtLeast(version: string | null, least: string | undefined): boolean {
  if (least === undefined) return true;
  const [parts, wanted] = [version ?? '', least].map((text) => text.split('.', 3).map(Number.parseFloat));
  for (const [index, number] of (wanted ?? []).entries()) {
    const own = parts?.[index] ?? 0;
    if (own !== number) return own > number;
  }
  return true;
}
