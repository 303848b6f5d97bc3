import { join } from 'node:path';
import { installation } from '../../../packaging/installation.ts';
import { specified, type Subject } from '../../subject.ts';

/** Sonde as it is published. */
export const sonde: Subject = {
  title: 'Sonde',
  package: '@sonde/otel',
  modules: async () => join(await installation(), 'node_modules'),
  files: import.meta.dirname,
  preload: {
    cjs: ['--require', '@sonde/otel/register'],
    mjs: ['--require', '@sonde/otel/register'],
  },
  preloadAgain: ['--import', '@sonde/otel/register'],
  logsModule: '@opentelemetry/api',
  counter: { module: '@sonde/otel', name: 'counter', make: `counter('early')` },
  prometheus: true,
  env: specified,
};
