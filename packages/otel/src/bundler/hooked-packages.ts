import { knownInstrumentation } from '@sonde/sdk/libraries';

/** The packages that hooks change, in addition to the libraries with a known instrumentation. */
const packages: ReadonlySet<string> = new Set([
  // Frameworks and what they are made of.
  '@apollo/server',
  '@hapi/hapi',
  '@hono/otel',
  '@nestjs/core',
  '@trpc/server',
  'connect',
  'express',
  'fastify',
  'finalhandler',
  'hono',
  'koa',
  'restify',
  'router',
  'trouter',
  // Loggers.
  'bunyan',
  'pino',
  'winston',
  // Parts of clients, and libraries that call clients.
  '@aws-sdk/middleware-stack',
  '@aws-sdk/smithy-client',
  '@grpc/grpc-js',
  '@node-redis/client',
  '@smithy/core',
  '@smithy/middleware-stack',
  '@smithy/smithy-client',
  'dataloader',
  'generic-pool',
  'knex',
  'lru-memoizer',
  'mongoose',
  'pg-pool',
  'redis',
]);

/** Whether hooks change files of a package. */
export const isHookedPackage = (name: string): boolean =>
  packages.has(name) || knownInstrumentation(name) !== undefined;

/**
 * The ES modules that hooks change in addition to the main module of their package. A hook refers to all exports of its
 * module, so bundlers keep them.
 */
export const hookedEsModules: ReadonlySet<string> = new Set([
  '@apollo/server/dist/esm/ApolloServer.js',
  '@nestjs/core/exceptions/exceptions-handler.js',
  '@nestjs/core/nest-factory.js',
  '@nestjs/core/router/router-execution-context.js',
  'hono/dist/context.js',
  'hono/dist/hono-base.js',
]);
