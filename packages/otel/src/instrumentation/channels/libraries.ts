import type { ChannelLibrary } from './channel-instrumentation.ts';
import { ai } from './ai.ts';
import { createDatabaseMetrics } from './database-metrics.ts';
import { createGenAiMetrics } from './gen-ai-metrics.ts';
import { graphql } from './graphql.ts';
import { mongoose } from './mongoose.ts';
import { mysql2 } from './mysql2.ts';
import { ioredis, nodeRedis } from './redis.ts';

/** The libraries whose tracing channels are read. */
export const channelLibraries: readonly ChannelLibrary[] = [
  {
    name: 'mysql2',
    packageName: 'mysql2',
    since: '3.20.0',
    channels: mysql2,
    createMetrics: createDatabaseMetrics,
  },
  {
    name: 'ioredis',
    packageName: 'ioredis',
    since: '5.11.0',
    channels: ioredis,
    createMetrics: createDatabaseMetrics,
  },
  {
    name: 'redis',
    packageName: '@redis/client',
    since: '5.12.0',
    channels: nodeRedis,
    createMetrics: createDatabaseMetrics,
  },
  {
    name: 'mongoose',
    packageName: 'mongoose',
    since: '9.7.0',
    channels: mongoose,
    createMetrics: createDatabaseMetrics,
  },
  {
    name: 'graphql',
    packageName: 'graphql',
    since: '17.0.0',
    channels: graphql,
  },
  { name: 'ai', packageName: 'ai', since: '7.0.0', channels: ai, createMetrics: createGenAiMetrics },
];
