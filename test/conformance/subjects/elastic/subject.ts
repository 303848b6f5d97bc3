import { peerModules } from '../../peer-modules.ts';
import { apiCounter, specified, type Subject } from '../../subject.ts';

/** Elastic's distribution. */
export const elastic: Subject = {
  title: 'Elastic',
  package: '@elastic/opentelemetry-node',
  modules: () => peerModules('elastic'),
  files: import.meta.dirname,
  preload: {
    cjs: ['--import', '@elastic/opentelemetry-node'],
    mjs: ['--import', '@elastic/opentelemetry-node'],
  },
  preloadAgain: ['--require', '@elastic/opentelemetry-node'],
  logsModule: '@opentelemetry/api-logs',
  counter: apiCounter,
  prometheus: true,
  env: (endpoint) => ({
    ...specified(endpoint),
    // The detectors of clouds ask addresses that do not answer here, and hold back the first export.
    OTEL_NODE_RESOURCE_DETECTORS: 'env,host,os,process',
  }),
};
