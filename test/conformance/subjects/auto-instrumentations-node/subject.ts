import { peerModules } from '../../peer-modules.ts';
import { apiCounter, specified, type Subject } from '../../subject.ts';

/** OpenTelemetry's own zero-code package. */
export const autoInstrumentations: Subject = {
  title: 'auto-instrumentations-node',
  package: '@opentelemetry/auto-instrumentations-node',
  modules: () => peerModules('auto-instrumentations-node'),
  files: import.meta.dirname,
  preload: {
    cjs: ['--require', '@opentelemetry/auto-instrumentations-node/register'],
    mjs: ['--require', '@opentelemetry/auto-instrumentations-node/register'],
  },
  preloadAgain: ['--import', '@opentelemetry/auto-instrumentations-node/register'],
  logsModule: '@opentelemetry/api',
  counter: apiCounter,
  prometheus: true,
  env: (endpoint) => ({
    ...specified(endpoint),
    // The detectors of clouds ask addresses that do not answer here, and hold back the first export.
    OTEL_NODE_RESOURCE_DETECTORS: 'env,host,os,process',
  }),
};
